package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Java of README and the guides is that of the sample applications, of the examples, and of tests, which the build compiles and runs; and no file that users copy is left out. */
class GuidesTest {

    private static final Pattern JAVA = Pattern.compile("^```java\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    @Test
    void javaOfTheGuidesIsTakenFromTheSamples() {
        List<String> samples = Stream.of("src/it", "examples", "src/test/java/dev/partyline/test", "src/test/java/dev/partyline/handler/ValueCodecTest.java")
            .flatMap(path -> files(Path.of(path), ".java")).map(GuidesTest::withoutSpace).toList();
        List<String> guides = Stream.of("README.md", "docs/guides").flatMap(path -> files(Path.of(path), ".md")).toList();

        assertThat(guides).isNotEmpty();
        assertThat(guides.stream().flatMap(guide -> JAVA.matcher(guide).results()).map((MatchResult block) -> withoutSpace(block.group(1)))).isNotEmpty()
            .allSatisfy(block -> assertThat(samples).as("a sample that has this").anyMatch(sample -> sample.contains(block)));
    }

    @Test
    void guideToProxiesNamesEachConfiguration() throws IOException {
        String guide = Files.readString(Path.of("docs/guides/proxies.md"));
        try (Stream<Path> paths = Files.walk(Path.of("deploy"))) {
            assertThat(paths.filter(Files::isRegularFile).map(file -> "(../../" + file + ")")).hasSize(9).allSatisfy(link -> assertThat(guide).contains(link));
        }
    }

    private static Stream<String> files(Path path, String suffix) {
        try (Stream<Path> paths = Files.walk(path)) {
            return paths.filter(file -> file.toString().endsWith(suffix)).map(GuidesTest::read).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String withoutSpace(String code) {
        return code.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(Collectors.joining("\n"));
    }
}
