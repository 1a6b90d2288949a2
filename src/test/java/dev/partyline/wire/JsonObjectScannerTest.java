package dev.partyline.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.partyline.testing.Golden;
import dev.partyline.testing.RandomCases;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonObjectScannerTest {

    private static final JsonLimits LIMITS = new JsonLimits(32, 40, 1000);

    @Test
    void nestingIsTakenToTheLimitAndRefusedBeyond() {
        assertThat(scan(nested(31)).raw("v")).contains("[".repeat(31) + "]".repeat(31));
        refused(nested(32), "deeper than 32");
        refused(nested(700), "deeper than 32");
        refused(nested(100_000), "deeper than 32");
        refused("{\"v\":" + "{\"a\":".repeat(100_000), "deeper than 32");
    }

    @Test
    void theDeepestLimitIsCountedRightAsWell() {
        JsonLimits deepest = new JsonLimits(64, 40, 1000);
        String mixed = "{\"v\":" + "[{\"a\":".repeat(31) + "[]" + "}]".repeat(31) + "}";

        assertThat(JsonObjectScanner.object(mixed, 0, deepest).has("v")).isTrue();
        assertThatExceptionOfType(BadFrameException.class)
            .isThrownBy(() -> JsonObjectScanner.object("{\"v\":" + "[".repeat(64) + "]".repeat(64) + "}", 0, deepest));
        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new JsonLimits(65, 40, 1000));
    }

    @Test
    void aNumberIsTakenToTheLimitAndRefusedBeyond() {
        assertThat(scan("{\"v\":" + "1".repeat(40) + "}").raw("v")).contains("1".repeat(40));
        refused("{\"v\":" + "1".repeat(41) + "}", "number");
        refused("{\"v\":" + "1".repeat(1_000_000) + "}", "number");
        refused("{\"v\":-1." + "1".repeat(20) + "e+" + "1".repeat(20) + "}", "number");
        assertThat(scan("{\"v\":1e999999999}").raw("v")).contains("1e999999999");
    }

    @Test
    void membersAreTakenToTheLimitAndRefusedBeyondAtWhateverDepth() {
        assertThat(scan(members(999)).has("v")).isTrue();
        refused(members(1000), "1000 members");
        refused("{\"v\":[" + "{\"a\":1},".repeat(1000) + "1]}", "1000 members");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-0", "1", "-12.5", "1E5", "1e-5", "0.1", "true", "false", "null", "\"\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00fF\"",
        "[]", "{}", "[[],{},[{}]]", "[1,2]", "{\"a\":{\"b\":[]},\"c\":0}", "\"\u007f\u2028\""})
    void whatIsJsonIsTakenAsItCame(String value) {
        assertThat(scan(" \t\r\n{ \"v\" : " + value + " } ").raw("v")).contains(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "Infinity", "NaN", "tru", "nul", "undefined", "'a'", "\"", "\"\\\"", "\"\\u12\"", "\"\\u12g4\"",
        "\"\\u\u0661\u0661\u0661\u0661\"", "\"\\U0041\"", "\"\t\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "[}", "{]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}",
        "{\"a\":1 \"b\":2}", "1 2", "\u00a01",
        "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\ud800\"", "\"\\ud800x\"", "\"\\ud800\\n\\udc00\"", "\"\ud800\"", "\"\udc00\""})
    void whatIsNoJsonIsRefused(String value) {
        assertThatExceptionOfType(BadFrameException.class).isThrownBy(() -> scan("{\"v\":" + value + "}"));
    }

    @Test
    void surrogatePairsAreTakenInAnySpelling() {
        for (String pair : new String[] {"\ud83d\ude00", "\\ud83d\\ude00", "\\uD83D\ude00", "\ud83d" + "\\uDE00"}) {
            assertThat(scan("{\"v\":\"" + pair + "\"}").string("v")).contains("\ud83d\ude00");
        }
    }

    @Test
    void escapesAreUndoneInNamesAndStrings() {
        JsonObjectScanner scan = scan("{\"a\\u0062\":\"\\b\\f\\n\\r\\t\\\"\\/\\\\\\u0000\"}");

        assertThat(scan.string("ab")).contains("\b\f\n\r\t\"/\\\0");
    }

    @Test
    void equalNamesAreRefusedInWhateverSpelling() {
        refused("{\"a\":1,\"\\u0061\":2}", "same name");
        assertThat(scan("{\"v\":{\"a\":1,\"a\":2}}").has("v")).as("below the envelope names are the handler's affair").isTrue();
    }

    @Test
    void aThousandNamesTakeNoTimeToSpeakOf() {
        StringBuilder json = new StringBuilder("{\"v\":1");
        for (int i = 0; i < 999; i++) {
            json.append(",\"").append("n".repeat(50)).append(i).append("\":").append(i);
        }

        assertThat(scan(json.append('}').toString()).memberCount()).isEqualTo(1000);
    }

    @Test
    void theElementsOfAnArrayComeAsTheyAre() {
        assertThat(JsonObjectScanner.elements("[ \"a,]\" , 1 ,[2,3], {\"b\":[4]} ,null]", LIMITS)).containsExactly("\"a,]\"", "1", "[2,3]", "{\"b\":[4]}", "null");
        assertThat(JsonObjectScanner.elements("[ ]", LIMITS)).isEmpty();
    }

    @Test
    void anyStringComesThroughQuotingAndScanning() {
        RandomCases.everyOneOf(500, random -> RandomCases.upTo(40, random, JsonObjectScannerTest::wellFormed), characters -> {
            String text = String.join("", characters);
            assertThat(scan("{\"v\":" + Json.quote(text) + "}").string("v")).contains(text);
            assertThat(Golden.parse("{\"v\":" + Json.quote(text) + "}").getString("v")).isEqualTo(text);
        });
    }

    @Test
    void whateverTextIsScannedOrRefusedAndNothingElse() {
        RandomCases.everyOneOf(2000, random -> RandomCases.upTo(14, random, JsonObjectScannerTest::pieceOfJson), pieces -> {
            String text = "{\"v\":" + String.join("", pieces) + "}";
            try {
                JsonObjectScanner scan = JsonObjectScanner.object(text, 0, LIMITS);
                assertThat(scan.end()).isBetween(2, text.length());
                assertThat(Golden.parse(text.substring(0, scan.end()))).as("another parser agrees").isNotNull();
            } catch (BadFrameException e) {
                assertThat(e.getMessage()).isNotBlank();
            }
        });
    }

    /** Half of them are such as are written in another way; surrogates come in pairs. */
    private static String wellFormed(Random random) {
        int any = random.nextInt(Character.MAX_CODE_POINT + 1);
        return random.nextBoolean() ? RandomCases.oneOf(random, "\"", "\\", "\n", "/", "\0", "\u001f", "\u007f", "\ud7ff", "\ue000", "\uffff")
            : Character.toString(any >= Character.MIN_SURROGATE && any <= Character.MAX_SURROGATE ? 'a' : any);
    }

    private static String pieceOfJson(Random random) {
        return RandomCases.oneOf(random, "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"c\"", "1", "-2.5e3", "true", "null", " ", "\"\\u0041\"", "x", "\"", "\\");
    }

    private static JsonObjectScanner scan(String text) {
        JsonObjectScanner scan = JsonObjectScanner.object(text, 0, LIMITS);
        assertThat(scan.isAll()).isTrue();
        return scan;
    }

    private static void refused(String text, String because) {
        assertThatExceptionOfType(BadFrameException.class).isThrownBy(() -> scan(text)).withMessageContaining(because);
    }

    private static String nested(int arrays) {
        return "{\"v\":" + "[".repeat(arrays) + "]".repeat(arrays) + "}";
    }

    /** An object whose member {@code v} is an object with so many members. */
    private static String members(int count) {
        StringBuilder json = new StringBuilder("{\"v\":{\"a\":0");
        for (int i = 1; i < count; i++) {
            json.append(",\"a\":").append(i);
        }
        return json.append("}}").toString();
    }
}
