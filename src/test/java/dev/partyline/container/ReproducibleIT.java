package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.contentOf;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The same source is the same archive, byte for byte, wherever and whenever it is built; and it needs no more than what the Dockerfile copies. */
@EnabledIfSystemProperty(named = "reproducible", matches = "true", disabledReason = "builds everything a second time, in CI: -Dreproducible=true")
class ReproducibleIT {

    private static final Path TARGET = Path.of("target");
    private static final List<String> ARCHIVES = List.of("partyline.war", "partyline-classes.jar");

    @Test
    void secondBuildElsewhereGivesTheSameBytes(@TempDir Path elsewhere) throws Exception {
        for (String file : List.of("pom.xml", "LICENSE", "NOTICE", "src/main")) {
            copy(Path.of(file), elsewhere.resolve(file));
        }

        build(elsewhere);

        for (String archive : ARCHIVES) {
            Path again = elsewhere.resolve(TARGET).resolve(archive);
            assertThat(differing(again, TARGET.resolve(archive))).as("what differs in %s; what only an older build had is gone after mvn clean", archive).isEmpty();
            assertThat(again).as(archive).hasSameBinaryContentAs(TARGET.resolve(archive));
        }
    }

    /** In another folder, another time zone and another language than here. */
    private static void build(Path folder) throws IOException, InterruptedException {
        File log = folder.resolve("build.log").toFile();
        ProcessBuilder maven = new ProcessBuilder(Path.of(System.getProperty("maven.home"), "bin", "mvn").toString(), "--offline", "--batch-mode", "--quiet",
            "-Dmaven.repo.local=" + System.getProperty("maven.repo.local"), "-Dmaven.test.skip", "package").directory(folder.toFile());
        maven.environment().putAll(Map.of("MAVEN_OPTS", "-Duser.timezone=Asia/Kolkata -Duser.language=tr " + System.getProperty("test.jvm", ""), "JAVA_HOME", System.getProperty("java.home")));
        int code = maven.redirectErrorStream(true).redirectOutput(log).start().waitFor();

        assertThat(code).as(() -> contentOf(log)).isZero();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        }
    }

    private static Set<String> differing(Path one, Path other) throws IOException {
        Map<String, Long> left = contents(one);
        Map<String, Long> right = contents(other);
        Set<String> names = new TreeSet<>(left.keySet());
        names.addAll(right.keySet());
        names.removeIf(name -> Objects.equals(left.get(name), right.get(name)));
        return names;
    }

    /** The checksum of each file. */
    private static Map<String, Long> contents(Path archive) throws IOException {
        Map<String, Long> contents = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                CRC32 sum = new CRC32();
                sum.update(zip.readAllBytes());
                contents.put(entry.getName(), sum.getValue());
            }
        }
        return contents;
    }
}
