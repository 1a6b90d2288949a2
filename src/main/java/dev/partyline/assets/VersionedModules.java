package dev.partyline.assets;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The modules of the browser half under URLs with a hash of their content: {@code partyline-VERSION/} instead of {@code partyline/}, where the files are. The worker that
 * {@code main.js} starts is in this folder too.
 *
 * <p>The content of such a URL never changes, so browsers may cache it for ever, and page and worker are of the same deploy. Only {@code main.js} and the {@code worker.js} of
 * plain pages have fixed URLs. As {@code main.js} the bundle of page and worker is served, in which the version is part of the worker's name. In the text of the others,
 * {@code ./partyline/} and {@code ./worker.js} are replaced by the versioned folder: in {@code main.js} too, if the build has made no bundles, since the modules themselves are
 * treated alike. The files do not depend on this and work unchanged on any other server.
 *
 * <p>Texts are read and compressed once. {@code main.js} gets the version when the application starts, so it cannot be compressed before.
 */
final class VersionedModules {

    private static final int VERSION_CHARS = 16;
    private static final String FOLDER = "partyline/";
    private static final String VERSIONED_FOLDER = "partyline-";
    /** The location of the browser half: in the WAR, and in an application that contains the jar. */
    private static final List<String> ROOTS = List.of("/", "/partyline/");
    private static final String MAIN = "main.js";
    private static final String WORKER = "worker.js";
    /** What is served as {@code main.js}, if the build has made it: the worker is the same file. */
    private static final String MAIN_AND_WORKER = "main-and-worker.js";
    /** In it, in place of the version: part of the name of the worker. */
    private static final String NO_VERSION = "0".repeat(VERSION_CHARS);
    private static final List<String> ENTRIES = List.of(MAIN, WORKER);
    /** A relative address, after the quotation mark that the source or the bundle has. */
    private static final Pattern TO_FOLDER = Pattern.compile("(?<=['\"])\\./" + FOLDER);
    private static final Pattern TO_WORKER = Pattern.compile("(?<=['\"])\\./(?=" + Pattern.quote(WORKER) + ")");

    private final ServletContext context;
    private final String root;
    private final String version;
    private final Pattern address;
    private final boolean hasWorkerInMain;
    /** By path. */
    private final Map<String, CompressedText> entries = new HashMap<>();
    /** By path in the versioned folder. Only files that exist, so their number is bounded. */
    private final ConcurrentMap<String, CompressedText> modules = new ConcurrentHashMap<>();

    private VersionedModules(ServletContext context, String root, String version) throws IOException {
        this.context = context;
        this.root = root;
        this.version = version;
        this.address = Pattern.compile(Pattern.quote(root + VERSIONED_FOLDER) + "(?<version>[0-9a-f]+)/(?<file>(?:[a-z-]+/)*[a-z-]+\\.js(?:\\.map)?)");
        for (String entry : ENTRIES) {
            read(context, root + entry).ifPresent(text -> entries.put(root + entry, new CompressedText(withAddresses(text, "./" + VERSIONED_FOLDER + version + "/"))));
        }
        Optional<byte[]> whole = read(context, root + MAIN_AND_WORKER);
        hasWorkerInMain = whole.isPresent();
        whole.ifPresent(text -> entries.put(root + MAIN, new CompressedText(withVersion(text, version))));
    }

    private static byte[] withVersion(byte[] text, String version) {
        return new String(text, StandardCharsets.UTF_8).replace(NO_VERSION, version).getBytes(StandardCharsets.UTF_8);
    }

    /** @param folder the versioned folder, as seen from the file */
    private static byte[] withAddresses(byte[] text, String folder) {
        String old = new String(text, StandardCharsets.UTF_8);
        return TO_WORKER.matcher(TO_FOLDER.matcher(old).replaceAll(folder)).replaceAll(folder).getBytes(StandardCharsets.UTF_8);
    }

    /** The modules of this application; empty if there are none. */
    static Optional<VersionedModules> in(ServletContext context) throws IOException {
        Optional<String> root = root(context);
        if (root.isPresent()) {
            return Optional.of(new VersionedModules(context, root.get(), version(context, root.get(), filesUnder(context, root.get() + FOLDER))));
        }
        SortedSet<String> modules = ClassPathFiles.importedBy(context, ENTRIES.stream().map(ClassPathFiles.ROOT::concat).toList(), ClassPathFiles.ROOT + FOLDER);
        if (modules.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new VersionedModules(context, ClassPathFiles.ROOT, version(context, ClassPathFiles.ROOT, modules)));
    }

    /** The folder of the browser half, with a slash at the end; empty if the container serves none. */
    static Optional<String> root(ServletContext context) {
        return ROOTS.stream().filter(root -> {
            Set<String> files = context.getResourcePaths(root + FOLDER);
            return files != null && files.contains(root + FOLDER + "version.js");
        }).findFirst();
    }

    /** The paths of all files in a folder and its sub-folders, in a fixed order. */
    private static SortedSet<String> filesUnder(ServletContext context, String folder) {
        SortedSet<String> files = new TreeSet<>();
        for (String path : Optional.ofNullable(context.getResourcePaths(folder)).orElse(Set.of())) {
            if (path.endsWith("/")) {
                files.addAll(filesUnder(context, path));
            } else {
                files.add(path);
            }
        }
        return files;
    }

    /** Of the entries too: as bundles they have the modules in them. */
    private static String version(ServletContext context, String root, SortedSet<String> modules) throws IOException {
        SortedSet<String> files = new TreeSet<>(modules);
        ENTRIES.forEach(entry -> files.add(root + entry));
        files.add(root + MAIN_AND_WORKER);
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String file : files) {
                digest.update(file.getBytes(StandardCharsets.UTF_8));
                read(context, file).ifPresent(digest::update);
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, VERSION_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static Optional<byte[]> read(ServletContext context, String file) throws IOException {
        try (InputStream content = ClassPathFiles.open(context, file)) {
            return content == null ? Optional.empty() : Optional.of(content.readAllBytes());
        }
    }

    /** The text of {@code main.js} or {@code worker.js} with the current versioned folder; empty for other paths. */
    Optional<CompressedText> entry(String path) {
        return Optional.ofNullable(entries.get(path));
    }

    /** Whether this is {@code main.js}, with the worker in it. */
    boolean isWhole(String path) {
        return hasWorkerInMain && path.equals(root + MAIN);
    }

    /**
     * A module that was requested by a versioned URL.
     *
     * @param isCurrent whether it has the requested version. A page of another deploy gets the current version, which it must not cache
     */
    record Module(CompressedText text, boolean isCurrent) {
    }

    /** Empty if the path is not that of a module. */
    Optional<Module> module(String path) throws IOException {
        Matcher asked = address.matcher(path);
        if (!asked.matches()) {
            return Optional.empty();
        }
        return text(asked.group("file")).map(text -> new Module(text, asked.group("version").equals(version)));
    }

    private Optional<CompressedText> text(String file) throws IOException {
        CompressedText known = modules.get(file);
        if (known != null) {
            return Optional.of(known);
        }
        // The worker and its source map are beside the folder.
        String path = root + (file.startsWith(WORKER) ? "" : FOLDER) + file;
        Optional<CompressedText> text = read(context, path).map(bytes -> new CompressedText(file.equals(WORKER) ? withAddresses(bytes, "./") : bytes));
        text.ifPresent(read -> modules.put(file, read));
        return text;
    }
}
