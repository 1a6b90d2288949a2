package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

/** The table of cases names tests that exist. */
class CasesTest {

    private static final Path TABLE = Path.of("src/test/java/dev/partyline/browser/CASES.md");
    private static final Pattern IN_BROWSERS = Pattern.compile("`(\\w+IT)\\.(\\w+)`");
    private static final Pattern UNDER_NODE = Pattern.compile("`([\\w/-]+\\.test\\.js)` “([^”]+)”");

    private final String table;

    CasesTest() throws IOException {
        table = Files.readString(TABLE);
    }

    @Test
    void everyTestInBrowsersExists() {
        assertThat(IN_BROWSERS.matcher(table).results().toList()).hasSizeGreaterThan(50).allSatisfy(named ->
            assertThat(Stream.of(Class.forName("dev.partyline.browser." + named.group(1)).getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(OnEveryEngine.class)).map(method -> method.getName())).contains(named.group(2)));
    }

    @Test
    void everyTestUnderNodeExists() {
        assertThat(UNDER_NODE.matcher(table).results().toList()).hasSizeGreaterThan(15).allSatisfy(named ->
            assertThat(Files.readString(Path.of("src/test/js", named.group(1)))).contains("test('" + named.group(2) + "'"));
    }

    @Test
    void allTwentyCasesAreThereAndEachHasATest() {
        List<String> rows = table.lines().filter(line -> line.matches("\\| \\d* ?\\|.*")).toList();
        assertThat(rows).hasSizeGreaterThan(30).allSatisfy(row -> assertThat(row).containsPattern("`\\w+IT\\.\\w+`|`[\\w/-]+\\.test\\.js`"));
        assertThat(rows.stream().map(row -> row.split("\\|")[1].strip()).filter(number -> !number.isEmpty()))
            .isEqualTo(IntStream.rangeClosed(1, 20).mapToObj(String::valueOf).toList());
    }
}
