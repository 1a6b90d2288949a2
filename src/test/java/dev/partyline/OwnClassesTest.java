package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A class that is first needed while there is no file descriptor could never be loaded again. */
class OwnClassesTest {

    private static final Path CLASSES = Path.of("target/classes");

    @Test
    void everyClassOfTheServerIsLoadedAtTheStart() throws IOException {
        try (Loader loader = new Loader(CLASSES.toUri().toURL())) {
            OwnClasses.load(OwnClasses.list(OwnClasses.class), loader);

            assertThat(loader.loaded).containsAll(ofTheServer().stream().map(file -> file.replace(".class", "").replace('/', '.')).toList());
        }
    }

    @Test
    void classesOfAJarAreListedToo(@TempDir Path folder) throws IOException, ReflectiveOperationException {
        Path jar = folder.resolve("application library.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (String file : ofTheServer()) {
                out.putNextEntry(new JarEntry(file));
                out.write(Files.readAllBytes(CLASSES.resolve(file)));
            }
        }
        try (Loader loader = new Loader(jar.toUri().toURL())) {
            Class<?> beside = loader.loadClass(OwnClasses.class.getName());

            assertThat(OwnClasses.list(beside)).containsExactlyInAnyOrderElementsOf(ofTheServer());
        }
    }

    private static Set<String> ofTheServer() throws IOException {
        try (Stream<Path> paths = Files.walk(CLASSES.resolve("dev/partyline"))) {
            Set<String> files = paths.map(path -> CLASSES.relativize(path).toString().replace('\\', '/'))
                .filter(file -> file.endsWith(".class") && !file.contains("/launcher/") && !file.contains("/cdi/")).collect(Collectors.toSet());
            assertThat(files).hasSizeGreaterThan(100);
            return files;
        }
    }

    /** Loads Partyline's classes itself, and remembers which. */
    private static final class Loader extends URLClassLoader {

        private final Set<String> loaded = new HashSet<>();

        private Loader(URL url) {
            super(new URL[] {url}, OwnClassesTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                if (!name.startsWith("dev.partyline.")) {
                    return super.loadClass(name, resolve);
                }
                Class<?> known = findLoadedClass(name);
                loaded.add(name);
                return known != null ? known : findClass(name);
            }
        }
    }
}
