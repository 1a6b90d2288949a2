package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorityTest {

    @ParameterizedTest
    @CsvSource({"a.example, a.example, 0", "A.Example:80, a.example, 80", "my_host-1:65535, my_host-1, 65535", "127.0.0.1:8080, 127.0.0.1, 8080", "[::1], [::1], 0",
        "[FE80::1]:443, [fe80::1], 443", "a.example., a.example., 0"})
    void hostAndPortAreReadAsBrowsersWriteThem(String text, String host, int port) {
        assertThat(Authority.parse(text)).hasValueSatisfying(parsed -> {
            assertThat(parsed.host()).isEqualTo(host);
            assertThat(parsed.port()).isEqualTo(port == 0 ? OptionalInt.empty() : OptionalInt.of(port));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ":80", "a:", "a:0", "a:080", "a:65536", "a:99999999999", "a:+80", "a:8 0", "a/", "a/x", "a?x", "a#", "a#x", "x@a", "a@x", "a b", "a, b", "a\\b", "a%62",
        "l\u043ecalhost", "[::1", "::1", "[::1]x", "[::1%25eth0]", "[a.example]", "a\r\nb", "a:80\n"})
    void anyOtherFormIsNone(String text) {
        assertThat(Authority.parse(text)).isEmpty();
    }

    @Test
    void hostIsNotLongerThanANameMayBe() {
        assertThat(Authority.parse("a".repeat(253))).isPresent();
        assertThat(Authority.parse("a".repeat(254))).isEmpty();
    }
}
