package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.stats.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each promise of SECURITY.md names tests that exist, and the table of shares the limits that exist. */
class SecurityTest {

    private static final Pattern IN_JAVA = Pattern.compile("`(\\w+(?:IT|Test))\\.(\\w+)`");
    private static final Pattern UNDER_NODE = Pattern.compile("`([\\w/-]+\\.test\\.js)` “([^”]+)”");

    private static final Pattern SETTING = Pattern.compile("`(partyline\\.[a-z.]+)`");

    private final String page;

    SecurityTest() throws IOException {
        page = Files.readString(Path.of("SECURITY.md"));
    }

    @Test
    void everyTestInJavaExists() throws IOException {
        Map<String, Path> files;
        try (Stream<Path> found = Files.walk(Path.of("src/test/java"))) {
            files = found.filter(file -> file.toString().endsWith(".java")).collect(Collectors.toMap(file -> file.getFileName().toString().replace(".java", ""), file -> file));
        }
        assertThat(IN_JAVA.matcher(page).results().toList()).hasSizeGreaterThan(20).allSatisfy(named -> {
            assertThat(files).containsKey(named.group(1));
            assertThat(Files.readString(files.get(named.group(1)))).contains(" void " + named.group(2) + "(");
        });
    }

    @Test
    void everyTestUnderNodeExists() {
        assertThat(UNDER_NODE.matcher(page).results().toList()).isNotEmpty().allSatisfy(named ->
            assertThat(Files.readString(Path.of("src/test/js", named.group(1)))).contains("test('" + named.group(2) + "'"));
    }

    @Test
    void tableOfSharesNamesEveryLimitAndNoSettingThatDoesNotExist() {
        String shares = page.substring(page.indexOf("<!-- shares -->"), page.indexOf("<!-- /shares -->"));

        assertThat(Limit.values()).allSatisfy(limit -> assertThat(shares).contains('`' + limit.setting() + '`'));
        assertThat(SETTING.matcher(shares).results().map(named -> named.group(1))).isSubsetOf(Stream.of(Setting.values()).map(Setting::property).toList());
    }

    @Test
    void everyPromiseHasATest() {
        String promises = page.substring(page.indexOf("<!-- promises -->"), page.indexOf("<!-- /promises -->"));
        List<String> rows = promises.lines().filter(line -> line.startsWith("| ")).skip(1).toList();
        assertThat(rows).hasSizeGreaterThan(15).allSatisfy(row -> assertThat(row.substring(row.lastIndexOf(" | "))).containsPattern("`\\w+(IT|Test)\\.\\w+`|`[\\w/-]+\\.test\\.js`"));
    }
}
