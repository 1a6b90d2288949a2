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

/** The Java of the guides is that of the sample applications, of the examples, and of the test of the test kit, which the build compiles and runs. */
class GuidesTest {

    private static final Pattern JAVA = Pattern.compile("^```java\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL);

    @Test
    void javaOfTheGuidesIsTakenFromTheSamples() {
        List<String> samples = Stream.of("src/it", "examples", "src/test/java/dev/partyline/test").flatMap(folder -> files(Path.of(folder), ".java")).map(GuidesTest::withoutIndent).toList();
        List<String> guides = files(Path.of("docs/guides"), ".md").toList();

        assertThat(guides).isNotEmpty();
        assertThat(guides.stream().flatMap(guide -> JAVA.matcher(guide).results()).map((MatchResult block) -> withoutIndent(block.group(1)))).isNotEmpty()
            .allSatisfy(block -> assertThat(samples).as("a sample that has this").anyMatch(sample -> sample.contains(block)));
    }

    private static Stream<String> files(Path folder, String suffix) {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(path -> path.toString().endsWith(suffix)).map(GuidesTest::read).toList().stream();
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

    private static String withoutIndent(String code) {
        return code.lines().map(String::strip).collect(Collectors.joining("\n"));
    }
}
