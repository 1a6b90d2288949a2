package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** What goes into the WAR, and how much of it there is. */
class WarContentsIT {

    private static final long MOST_BYTES = 8_000_000;

    private final Path war = Path.of(System.getProperty("war.file", "target/partyline.war"));

    /** A dependency that comes along unasked shows here. */
    @Test
    void jarsAreTheOnesWeKnow() throws IOException {
        List<ZipEntry> jars = entries().stream().filter(entry -> entry.getName().endsWith(".jar")).toList();
        jars.forEach(jar -> System.out.printf("%9d  %s%n", jar.getSize(), jar.getName()));

        assertThat(jars).extracting(jar -> jar.getName().replaceFirst("-[0-9][^/]*\\.jar$", "")).containsExactlyInAnyOrder(
            "WEB-INF/lib/yasson", "WEB-INF/lib/parsson", "WEB-INF/lib/jakarta.json-api", "WEB-INF/lib/jakarta.json.bind-api",
            "WEB-INF/lib/prometheus-metrics-model", "WEB-INF/lib/prometheus-metrics-config", "WEB-INF/lib/prometheus-metrics-exposition-textformats",
            "WEB-INF/server/tomcat-embed-core", "WEB-INF/server/tomcat-embed-websocket", "WEB-INF/server/tomcat-annotations-api",
            "WEB-INF/server/jakarta.annotation-api");
    }

    @Test
    void isSmallerThanEightMegabytes() throws IOException {
        assertThat(Files.size(war)).isLessThan(MOST_BYTES);
    }

    @Test
    void everyFileBearsTheSameTime() throws IOException {
        assertThat(entries()).extracting(ZipEntry::getTimeLocal).containsOnly(entries().get(0).getTimeLocal());
    }

    @Test
    void lineIsTheWarsOwnAndTheJarsIsNotHere() throws IOException {
        assertThat(entries()).extracting(ZipEntry::getName).contains("WEB-INF/classes/dev/partyline/endpoint/WarEndpoint.class", "dev/partyline/launcher/Main.class")
            .doesNotContain("WEB-INF/classes/dev/partyline/endpoint/GuestEndpoint.class", "WEB-INF/classes/dev/partyline/launcher/Main.class");
    }

    private List<ZipEntry> entries() throws IOException {
        try (ZipFile zip = new ZipFile(war.toFile())) {
            return zip.stream().<ZipEntry>map(entry -> entry).toList();
        }
    }
}
