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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The modules of the browser half, under an address that changes with what is in them: {@code partyline-VERSION/} beside {@code partyline/}, which is where they are.
 *
 * <p>What lies at such an address never changes, so a browser need not ask for it again, and the modules that a page loads are all of one deploy. Only {@code main.js} and
 * {@code worker.js} have an address for ever; they are served with the other one in place of {@code ./partyline/}. The files themselves know nothing of this, and work as
 * they are wherever somebody else serves them.
 */
final class VersionedModules {

    private static final String FOLDER = "partyline/";
    private static final String VERSIONED_FOLDER = "partyline-";
    /** Where the browser half is: at the root of the WAR, and in an application that has the jar. */
    private static final List<String> ROOTS = List.of("/", "/partyline/");
    private static final Set<String> ENTRIES = Set.of("main.js", "worker.js");
    private static final int VERSION_CHARS = 16;

    private final ServletContext context;
    private final String root;
    private final String version;
    private final Pattern address;
    /** By path. */
    private final Map<String, byte[]> entries = new HashMap<>();

    private VersionedModules(ServletContext context, String root, String version) throws IOException {
        this.context = context;
        this.root = root;
        this.version = version;
        this.address = Pattern.compile(Pattern.quote(root + VERSIONED_FOLDER) + "(?<version>[0-9a-f]+)/(?<file>(?:[a-z-]+/)*[a-z-]+\\.js)");
        for (String entry : ENTRIES) {
            read(context, root + entry).ifPresent(text -> entries.put(root + entry, withVersionedFolder(text)));
        }
    }

    private byte[] withVersionedFolder(byte[] text) {
        return new String(text, StandardCharsets.UTF_8).replace("'./" + FOLDER, "'./" + VERSIONED_FOLDER + version + "/").getBytes(StandardCharsets.UTF_8);
    }

    /** Those of this application; none where somebody has put the files elsewhere. */
    static Optional<VersionedModules> in(ServletContext context) throws IOException {
        for (String root : ROOTS) {
            Set<String> files = context.getResourcePaths(root + FOLDER);
            if (files != null && files.contains(root + FOLDER + "version.js")) {
                return Optional.of(new VersionedModules(context, root, version(context, filesUnder(context, root + FOLDER))));
            }
        }
        return Optional.empty();
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

    private static String version(ServletContext context, SortedSet<String> files) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String file : files) {
                digest.update(file.getBytes(StandardCharsets.UTF_8));
                read(context, file).ifPresent(digest::update);
            }
            return HexFormat.of().formatHex(digest.digest()).substring(0, VERSION_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has it", e);
        }
    }

    private static Optional<byte[]> read(ServletContext context, String file) throws IOException {
        try (InputStream content = context.getResourceAsStream(file)) {
            return content == null ? Optional.empty() : Optional.of(content.readAllBytes());
        }
    }

    /** The text of {@code main.js} or {@code worker.js}, with the modules' address of today; empty if this path is neither's. */
    Optional<byte[]> entry(String path) {
        return Optional.ofNullable(entries.get(path));
    }

    /**
     * What is asked for under a versioned address.
     *
     * @param isCurrent whether it is what will be there for ever. A page of another deploy asks for another version, gets what there is, and must not keep it
     */
    record Module(byte[] text, boolean isCurrent) {
    }

    /** Empty if this path is none of a module's. */
    Optional<Module> module(String path) throws IOException {
        Matcher asked = address.matcher(path);
        if (!asked.matches()) {
            return Optional.empty();
        }
        return read(context, root + FOLDER + asked.group("file")).map(text -> new Module(text, asked.group("version").equals(version)));
    }
}
