package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What the README says about the product is what the code says. */
class ReadmeTest {

    private static final String START = "<!-- settings -->\n";
    private static final String END = "<!-- /settings -->";

    @Test
    void tableOfSettingsIsTheOneInTheCode() throws IOException {
        String readme = Files.readString(Path.of("README.md"));

        String told = readme.substring(readme.indexOf(START) + START.length(), readme.indexOf(END));

        assertThat(told).isEqualTo(table());
    }

    private static String table() {
        return "| setting | default | meaning |\n|---|---|---|\n" + Arrays.stream(Setting.values())
            .map(setting -> "| `" + setting.property() + "` | " + standard(setting) + " | " + setting.meaning() + " |\n")
            .collect(Collectors.joining());
    }

    private static String standard(Setting setting) {
        return setting.standard().isEmpty() ? "none" : "`" + setting.standard() + "`";
    }
}
