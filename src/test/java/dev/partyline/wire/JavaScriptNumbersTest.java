package dev.partyline.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JavaScriptNumbersTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "9007199254740992 | 9007199254740992 | ``",
        "-9007199254740992 | -9007199254740992 | ``",
        "[1,10000000000000000000000] | 10000000000000000000000 | [1]",
        "{\"a\":[{\"b\":1},9007199254740993],\"c\":1} | 9007199254740993 | a[1]",
        "{\"a\":{\"x\":\"}]\\\\\\\"\"},\"order\":{\"items\":[1,2,{\"n\":0,\"id\":9007199254740993}]}} | 9007199254740993 | order.items[2].id",
        "{\"12345678901234567\" : \"12345678901234567\" , \"z\" : -12345678901234567 } | -12345678901234567 | z",
    })
    void integerThatJavaScriptRoundsIsFoundWithItsPath(String json, String number, String path) {
        assertThat(JavaScriptNumbers.findRounded(json)).contains(new JavaScriptNumbers.Rounded(number, path));
    }

    @ParameterizedTest
    @ValueSource(strings = {"9007199254740991", "-9007199254740991", "[0.12345678901234567890,1.0E300,12345678901234567890.5,1e22]", "{\"a\":\"9007199254740993\"}",
        "{\"9007199254740993\":\"\\\"9007199254740993\"}", "\"\\\\\"", "null", "true", "[]", "{}", "\"-\""})
    void otherNumbersAndTextsAreNot(String json) {
        assertThat(JavaScriptNumbers.findRounded(json)).isEmpty();
    }

    /** The two halves must not differ: what the server refuses is what pages do not hear. */
    @Test
    void eventTypesAreThoseOfTheBrowserHalf() throws IOException {
        Matcher set = Pattern.compile("RESERVED_EVENTS = new Set\\(\\[(.*?)\\]\\)").matcher(Files.readString(Path.of("src/main/webapp/partyline/tab/line.js")));
        assertThat(set.find()).isTrue();
        assertThat(Arrays.stream(set.group(1).split(", ")).map(name -> name.replace("'", "")).filter(Names::isOpen)).containsExactlyInAnyOrderElementsOf(Names.EVENT_TYPES);
    }
}
