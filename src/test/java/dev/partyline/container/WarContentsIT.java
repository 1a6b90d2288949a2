package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes into the WAR, and how much of it there is. */
class WarContentsIT {

    private static final long MOST_BYTES = 8_000_000;

    private final Path war = Path.of(System.getProperty("war.file", "target/partyline.war"));

    /** A dependency that comes along unasked shows here. */
    @Test
    void jarsAreTheOnesWeKnow() throws IOException {
        entries().stream().filter(WarContentsIT::isJar).forEach(jar -> System.out.printf("%9d  %s%n", jar.getSize(), jar.getName()));

        assertThat(jars()).containsExactlyInAnyOrder(
            "WEB-INF/lib/yasson", "WEB-INF/lib/parsson", "WEB-INF/lib/jakarta.json-api", "WEB-INF/lib/jakarta.json.bind-api",
            "WEB-INF/lib/prometheus-metrics-model", "WEB-INF/lib/prometheus-metrics-config", "WEB-INF/lib/prometheus-metrics-exposition-textformats",
            "WEB-INF/server/tomcat-embed-core", "WEB-INF/server/tomcat-embed-websocket", "WEB-INF/server/tomcat-annotations-api",
            "WEB-INF/server/jakarta.annotation-api");
    }

    /** It opens what applications have no access to. */
    @Test
    void testKitIsInAJarOfItsOwnAndNowhereElse() throws IOException {
        List<String> kit = List.of("dev/partyline/test/TestPartyline.class", "dev/partyline/PartylineAccess.class", "dev/partyline/cdi/HandlesAccess.class",
            "dev/partyline/handler/HandlerAccess.class");

        assertThat(names("test")).containsAll(kit).noneMatch(name -> name.equals("dev/partyline/Partyline.class"));
        assertThat(names("classes")).contains("dev/partyline/Partyline.class").doesNotContainAnyElementsOf(kit);
        assertThat(names("sources")).contains("dev/partyline/Partyline.java", "dev/partyline/test/TestPartyline.java");
        assertThat(entries()).extracting(ZipEntry::getName).noneMatch(name -> kit.stream().anyMatch(name::endsWith));
    }

    private static List<String> names(String classifier) throws IOException {
        try (ZipFile zip = new ZipFile(archive(classifier).toFile())) {
            return zip.stream().map(ZipEntry::getName).toList();
        }
    }

    private static Path archive(String classifier) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("target"))) {
            return files.filter(file -> file.getFileName().toString().matches("partyline-?.*-" + classifier + "\\.jar")).findFirst().orElseThrow();
        }
    }

    /** Maven has looked up what each library's licence is, and whether we may take it. After a change: {@code cp target/licences/NOTICE NOTICE}. */
    @Test
    void licencesOfTheJarsAreTold() throws IOException {
        String notice = Files.readString(Path.of("NOTICE"));

        assertThat(notice).isEqualTo(Files.readString(Path.of("target/licences/NOTICE")));
        assertThat(jars()).allSatisfy(jar -> assertThat(notice).contains(":" + jar.replaceFirst(".*/", "") + "\n"));
        assertThat(notice.lines().filter(line -> line.matches("[a-z.]+:[a-z-.]+"))).hasSameSizeAs(jars());
        assertThat(entries()).extracting(ZipEntry::getName).contains("META-INF/LICENSE", "META-INF/NOTICE");
    }

    /** The image has a Java of its own, with these modules and no others. */
    @Test
    void modulesOfTheImageAreThoseThatTheWarNeeds(@TempDir Path folder) throws IOException {
        List<String> arguments = new ArrayList<>(List.of("--multi-release", "17", "--ignore-missing-deps", "--print-module-deps", "target/classes"));
        try (ZipFile zip = new ZipFile(war.toFile())) {
            for (ZipEntry jar : entries().stream().filter(WarContentsIT::isJar).toList()) {
                Path copy = folder.resolve(Path.of(jar.getName()).getFileName());
                Files.copy(zip.getInputStream(jar), copy);
                arguments.add(copy.toString());
            }
        }
        StringWriter needed = new StringWriter();
        ToolProvider.findFirst("jdeps").orElseThrow().run(new PrintWriter(needed), new PrintWriter(System.err), arguments.toArray(String[]::new));

        String modules = Files.readString(Path.of("Dockerfile")).replaceAll("(?s).*--add-modules \\\\\\s+(\\S+).*", "$1");
        assertThat(modules.split(",")).contains(needed.toString().strip().split(","));
    }

    /** Otherwise a browser would fetch one module after the other. */
    @Test
    void scriptsAreOneFileEachInTheWarAndInTheJar() throws IOException {
        assertThat(List.of("main.js", "main-and-worker.js", "worker.js", "partyline/direct.js")).allSatisfy(file -> {
            String script = text(war, file);
            assertThat(script).doesNotContainPattern("\\bfrom ?['\"]|import\\(['\"]\\./partyline/worker").contains("//# sourceMappingURL=");
            assertThat(text(archive("classes"), "META-INF/resources/partyline/" + file)).isEqualTo(script);
        });
    }

    private static String text(Path archive, String file) throws IOException {
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            return new String(zip.getInputStream(zip.getEntry(file)).readAllBytes(), StandardCharsets.UTF_8);
        }
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
            .doesNotContain("WEB-INF/classes/dev/partyline/endpoint/JarEndpoint.class", "WEB-INF/classes/dev/partyline/launcher/Main.class");
    }

    /** The jars of the WAR, without their versions. */
    private List<String> jars() throws IOException {
        return entries().stream().filter(WarContentsIT::isJar).map(jar -> jar.getName().replaceFirst("-[0-9][^/]*\\.jar$", "")).toList();
    }

    private static boolean isJar(ZipEntry entry) {
        return entry.getName().endsWith(".jar");
    }

    private List<ZipEntry> entries() throws IOException {
        try (ZipFile zip = new ZipFile(war.toFile())) {
            return zip.stream().<ZipEntry>map(entry -> entry).toList();
        }
    }
}
