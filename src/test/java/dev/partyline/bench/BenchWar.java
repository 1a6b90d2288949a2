package dev.partyline.bench;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * The executable WARs that are measured. Both are the file that {@code package} made, so both are started by the same launcher, on the same Tomcat with the same
 * connector: ours with an application added, the naive one with everything taken out of it but the launcher, the server and the libraries.
 */
final class BenchWar {

    private static final Path PACKAGED = Path.of(System.getProperty("war.file", "target/partyline.war"));

    private BenchWar() {
    }

    static Path ours(Path folder) throws IOException {
        return make(folder.resolve("partyline.war"), entry -> true, BenchApplication.class);
    }

    static Path naive(Path folder) throws IOException {
        return make(folder.resolve("naive.war"), BenchWar::isServer, NaiveEndpoint.class);
    }

    private static boolean isServer(String entry) {
        return Stream.of("META-INF/MANIFEST.MF", "dev/", "WEB-INF/server/", "WEB-INF/lib/").anyMatch(entry::startsWith);
    }

    private static Path make(Path war, Predicate<String> kept, Class<?> application) throws IOException {
        if (!Files.isRegularFile(PACKAGED)) {
            throw new IllegalStateException("no WAR file at " + PACKAGED.toAbsolutePath() + ": run mvn -DskipTests package, or set -Dwar.file");
        }
        Files.createDirectories(war.getParent());
        try (ZipFile packaged = new ZipFile(PACKAGED.toFile()); ZipOutputStream made = new ZipOutputStream(Files.newOutputStream(war))) {
            for (ZipEntry entry : packaged.stream().filter(each -> kept.test(each.getName())).toList()) {
                made.putNextEntry(new ZipEntry(entry.getName()));
                try (InputStream in = packaged.getInputStream(entry)) {
                    in.transferTo(made);
                }
            }
            for (Path type : types(application)) {
                made.putNextEntry(new ZipEntry("WEB-INF/classes/" + application.getPackageName().replace('.', '/') + "/" + type.getFileName()));
                Files.copy(type, made);
            }
        }
        return war;
    }

    /** The class files of an application: its own, and those of what is declared or written in it. */
    private static List<Path> types(Class<?> application) throws IOException {
        String name = application.getSimpleName();
        try (Stream<Path> files = Files.list(Path.of(application.getResource(name + ".class").toURI()).getParent())) {
            return files.filter(file -> file.getFileName().toString().matches(name + "(\\$.*)?\\.class")).toList();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
