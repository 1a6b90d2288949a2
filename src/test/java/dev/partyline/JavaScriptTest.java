package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import dev.partyline.testing.Node;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The browser half without a browser: its unit tests under Node, its JSDoc types under the TypeScript compiler, its looks under Biome. */
class JavaScriptTest {

    private static final Path TESTS = Path.of("src/test/js");
    private static final Path BIOME = Path.of("target/biome");
    private static final String TYPESCRIPT = "/META-INF/resources/webjars/typescript";

    private static Node node;

    @TempDir
    static Path scratch;

    @BeforeAll
    static void findNode() {
        node = Node.find();
    }

    @Test
    void everyUnitTestPasses() throws IOException {
        // Files by name: what a folder as argument means has changed between the versions of Node.
        List<String> arguments = new ArrayList<>(List.of("--test", "--test-reporter=tap"));
        arguments.addAll(files(TESTS, ".test.js"));
        assertThat(arguments).as("tests in %s", TESTS).hasSizeGreaterThan(2);

        Node.Outcome outcome = node.run(arguments);

        List<String> summary = outcome.lines().stream()
                .filter(line -> line.matches("# (tests|pass|fail|cancelled|skipped|duration_ms) .*")).toList();
        System.out.println("node --test: " + String.join("  ", summary));
        assertThat(outcome.code()).as(() -> outcome.text()).isZero();
        assertThat(summary).as("Node ran something").contains("# fail 0").doesNotContain("# pass 0");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("projects")
    void typesHold(String project) throws IOException, URISyntaxException {
        Node.Outcome outcome = node.run(List.of(compiler().toString(), "--noEmit", "--project", project));

        assertThat(outcome.code()).as(() -> outcome.text()).isZero();
    }

    /** The linter is a native program that only npm brings. Who has none is told so; CI has it. */
    @Test
    void lintsAndIsFormatted() throws IOException {
        for (String file : List.of("package.json", "package-lock.json")) {
            Files.copy(TESTS.resolve(file), Files.createDirectories(BIOME).resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Optional<Node.Outcome> fetched = Node.npm(List.of("ci", "--prefix", BIOME.toString(), "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"));
        assumeTrue(fetched.isPresent() || System.getenv("CI") != null, "no npm on the PATH to fetch Biome with");
        assertThat(fetched).get().satisfies(npm -> assertThat(npm.code()).as(npm::text).isZero());

        Node.Outcome outcome = node.run(List.of(BIOME.resolve("node_modules/@biomejs/biome/bin/biome").toString(), "check", "--error-on-warnings", "--colors=off"));

        assertThat(outcome.code()).as(outcome::text).isZero();
    }

    /** One project for each kind of global scope; what they have in common is no project. */
    static List<String> projects() throws IOException {
        return files(TESTS, ".json").stream()
            .filter(file -> file.contains("tsconfig.") && !file.endsWith("tsconfig.base.json")).toList();
    }

    private static List<String> files(Path folder, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.map(Path::toString).filter(file -> file.endsWith(ending)).sorted().toList();
        }
    }

    /** The compiler, unpacked once from the web jar that Maven fetched. */
    private static Path compiler() throws IOException, URISyntaxException {
        Path target = scratch.resolve("typescript");
        if (!Files.exists(target)) {
            URL jar = JavaScriptTest.class.getResource(TYPESCRIPT);
            assertThat(jar).as("the typescript web jar on the test class path").isNotNull();
            try (FileSystem inside = FileSystems.newFileSystem(URI.create(jar.toURI().toString().split("!")[0]), Map.of());
                    Stream<Path> files = Files.walk(inside.getPath(TYPESCRIPT))) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Path copy = target.resolve(inside.getPath(TYPESCRIPT).relativize(file).toString());
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(copy);
                    } else {
                        Files.copy(file, copy);
                    }
                }
            }
        }
        try (Stream<Path> versions = Files.list(target)) {
            return versions.findFirst().orElseThrow().resolve("lib/tsc.js");
        }
    }
}
