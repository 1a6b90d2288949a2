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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.partyline.testing.Node;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The browser half without a browser: its unit tests under Node, its JSDoc types under the TypeScript compiler, its style under Biome.
 * What only depends on a version of a tool is made once and kept: the compiler and what it found in {@code target}, Biome beside the tests.
 */
class JavaScriptTest {

    private static final Path TESTS = Path.of("src/test/js");
    private static final Path MODULES = TESTS.resolve("node_modules");
    private static final Path TARGET = Path.of("target/javascript");
    private static final String TYPESCRIPT = "/META-INF/resources/webjars/typescript";

    private static Node node;

    @BeforeAll
    static void findNode() throws IOException {
        node = Node.find();
        Files.createDirectories(TARGET);
    }

    /** All files in one process: a process for each costs more than most of the tests in it. */
    @Test
    void everyUnitTestPasses() throws IOException {
        List<String> files = files(".test.js");
        assertThat(files).as("tests in %s", TESTS).hasSizeGreaterThan(2);
        Path all = TARGET.resolve("all.test.mjs");
        Files.writeString(all, files.stream().map(file -> "import '" + Path.of(file).toUri() + "';\n").collect(Collectors.joining()));

        Node.Outcome outcome = node.run(List.of("--test", "--test-reporter=tap", all.toString()), fuzzing());

        List<String> summary = outcome.lines().stream()
                .filter(line -> line.matches("# (tests|pass|fail|cancelled|skipped|duration_ms|.*FUZZ_SEED=\\d+,) .*")).toList();
        System.out.println("node --test: " + String.join("  ", summary));
        assertThat(outcome.code()).as(() -> outcome.text()).isZero();
        assertThat(summary).as("Node ran something").contains("# fail 0").doesNotContain("# pass 0");
    }

    /** How long {@code fuzz.test.js} runs and with which seed, where the build was told; it has defaults of its own. */
    private static Map<String, String> fuzzing() {
        return Stream.of(Map.entry("FUZZ_SECONDS", "fuzz.seconds"), Map.entry("FUZZ_SEED", "partyline.seed")).filter(entry -> System.getProperty(entry.getValue()) != null)
            .collect(Collectors.toMap(Map.Entry::getKey, entry -> System.getProperty(entry.getValue())));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("projects")
    void typesHold(String project) throws IOException, URISyntaxException {
        Path found = TARGET.resolve(Path.of(project).getFileName() + ".tsbuildinfo");
        Node.Outcome outcome = node.run(List.of(compiler().toString(), "--noEmit", "--incremental", "--tsBuildInfoFile", found.toString(), "--project", project));

        assertThat(outcome.code()).as(() -> outcome.text()).isZero();
    }

    /** The linter is a native program that only npm brings. A machine without npm leaves this out and says so; CI does not. */
    @Test
    void lintsAndIsFormatted() throws IOException {
        assumeTrue(fetchBiome() || System.getenv("CI") != null, "no npm on the PATH to fetch Biome with");

        Node.Outcome outcome = node.run(List.of(MODULES.resolve("@biomejs/biome/bin/biome").toString(), "check", "--error-on-warnings", "--colors=off"));

        assertThat(outcome.code()).as(outcome::text).isZero();
    }

    /** Runs {@code npm ci} if package-lock.json is not the one that the folder was last filled from. False where there is no npm to run. */
    private static boolean fetchBiome() throws IOException {
        Path lock = TESTS.resolve("package-lock.json");
        Path fetched = MODULES.resolve("fetched-from-package-lock.json");
        if (Files.exists(fetched) && Files.mismatch(lock, fetched) < 0) {
            return true;
        }
        Optional<Node.Outcome> npm = Node.npm(List.of("ci", "--prefix", TESTS.toString(), "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"));
        if (npm.isPresent()) {
            assertThat(npm.get().code()).as(npm.get()::text).isZero();
            Files.copy(lock, fetched);
        }
        return npm.isPresent();
    }

    /** One project for each kind of global scope; what they have in common is no project. */
    static List<String> projects() throws IOException {
        return files(".json").stream().filter(file -> file.contains("tsconfig.") && !file.endsWith("tsconfig.base.json")).toList();
    }

    private static List<String> files(String ending) throws IOException {
        try (Stream<Path> files = Files.walk(TESTS)) {
            return files.filter(file -> !file.startsWith(MODULES)).map(Path::toString).filter(file -> file.endsWith(ending)).sorted().toList();
        }
    }

    /** The compiler, unpacked once from the web jar that Maven fetched. */
    private static Path compiler() throws IOException, URISyntaxException {
        URL jar = JavaScriptTest.class.getResource(TYPESCRIPT);
        assertThat(jar).as("the typescript web jar on the test class path").isNotNull();
        try (FileSystem inside = FileSystems.newFileSystem(URI.create(jar.toURI().toString().split("!")[0]), Map.of());
                Stream<Path> versions = Files.list(inside.getPath(TYPESCRIPT))) {
            Path version = versions.findFirst().orElseThrow();
            Path unpacked = TARGET.resolve("typescript-" + version.getFileName());
            if (!Files.exists(unpacked)) {
                Path half = Files.createTempDirectory(TARGET, "typescript-");
                copy(version, half);
                Files.move(half, unpacked);
            }
            return unpacked.resolve("lib/tsc.js");
        }
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
}
