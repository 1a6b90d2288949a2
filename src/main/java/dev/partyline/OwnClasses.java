package dev.partyline;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarInputStream;
import java.util.stream.Stream;

/**
 * Loads and initializes all classes of Partyline at the start.
 *
 * <p>A class is read from a file when it is first needed, and initialized then. If there is no file descriptor or no memory at that moment, the JVM remembers the failure: the code
 * that needs the class throws {@link NoClassDefFoundError} for ever, however well the server is later.
 */
final class OwnClasses {

    private static final System.Logger LOG = System.getLogger(OwnClasses.class.getName());
    private static final String SUFFIX = ".class";
    private static final String ROOT = OwnClasses.class.getPackageName().replace('.', '/') + "/";
    private static final String SELF = OwnClasses.class.getName().replace('.', '/') + SUFFIX;
    /** The launcher is no part of the application; CDI calls its class itself, and containers without CDI cannot load it. */
    private static final List<String> NOT_LOADED = List.of(ROOT + "launcher/", ROOT + "cdi/");

    private OwnClasses() {
    }

    static void load(ServletContext context) {
        Set<String> files = list(OwnClasses.class);
        if (files.isEmpty()) {
            files = list(context);
        }
        if (files.isEmpty()) {
            LOG.log(System.Logger.Level.DEBUG, "the classes of Partyline could not be listed, and are loaded when they are first needed");
        }
        load(files, OwnClasses.class.getClassLoader());
    }

    /** Loads these class files. One that cannot be loaded needs something that this container does not have, and is not needed there. */
    static void load(Set<String> files, ClassLoader loader) {
        for (String file : files) {
            String name = file.substring(0, file.length() - SUFFIX.length()).replace('/', '.');
            try {
                Class.forName(name, true, loader);
            } catch (ClassNotFoundException | LinkageError e) {
                LOG.log(System.Logger.Level.DEBUG, () -> name + " could not be loaded at the start", e);
            }
        }
    }

    /** The class files beside a class, in its folder or jar; none where the container keeps them in another way. */
    static Set<String> list(Class<?> beside) {
        Set<String> files = new LinkedHashSet<>();
        try {
            Optional<Path> place = Optional.ofNullable(beside.getProtectionDomain().getCodeSource()).map(CodeSource::getLocation)
                .filter(url -> url.getProtocol().equals("file")).map(OwnClasses::path);
            if (place.isPresent() && Files.isDirectory(place.get())) {
                try (Stream<Path> paths = Files.walk(place.get().resolve(ROOT))) {
                    paths.forEach(path -> add(place.get().relativize(path).toString().replace('\\', '/'), files));
                }
            } else if (place.isPresent()) {
                try (JarFile jar = new JarFile(place.get().toFile())) {
                    for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements();) {
                        add(entries.nextElement().getName(), files);
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "the classes beside " + beside.getName() + " could not be listed", e);
        }
        return files;
    }

    private static Path path(URL url) {
        try {
            return Path.of(url.toURI());
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(url + " is no path", e);
        }
    }

    /** The class files of the application, in its classes or in the jar among its libraries that has this class. */
    private static Set<String> list(ServletContext context) {
        Set<String> files = new LinkedHashSet<>();
        try {
            listClasses(context, "/WEB-INF/classes/" + ROOT, files);
            for (String library : new ArrayList<>(Optional.ofNullable(context.getResourcePaths("/WEB-INF/lib/")).orElse(Set.of()))) {
                if (files.isEmpty() && library.endsWith(".jar")) {
                    files = listJar(context, library);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "the classes of the application could not be listed", e);
        }
        return files;
    }

    private static void listClasses(ServletContext context, String folder, Set<String> files) {
        for (String path : Optional.ofNullable(context.getResourcePaths(folder)).orElse(Set.of())) {
            if (path.endsWith("/")) {
                listClasses(context, path, files);
            } else {
                add(path.substring("/WEB-INF/classes/".length()), files);
            }
        }
    }

    private static Set<String> listJar(ServletContext context, String library) throws IOException {
        Set<String> files = new LinkedHashSet<>();
        try (InputStream in = context.getResourceAsStream(library); JarInputStream jar = new JarInputStream(in)) {
            for (JarEntry entry = jar.getNextJarEntry(); entry != null; entry = jar.getNextJarEntry()) {
                add(entry.getName(), files);
            }
        }
        return files.contains(SELF) ? files : Set.of();
    }

    private static void add(String file, Set<String> files) {
        if (file.startsWith(ROOT) && file.endsWith(SUFFIX) && NOT_LOADED.stream().noneMatch(file::startsWith)) {
            files.add(file);
        }
    }
}
