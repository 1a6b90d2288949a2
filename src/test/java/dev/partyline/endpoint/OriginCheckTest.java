package dev.partyline.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.connection.Authority;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginCheckTest {

    @ParameterizedTest
    @CsvSource({
        "http://a.example, false, a.example, true",
        "http://a.example, false, a.example:80, true",
        "http://A.example:80, false, a.EXAMPLE, true",
        "HTTP://a.example, false, a.example, true",
        "https://a.example, true, a.example, true",
        "https://a.example:8443, true, a.example:8443, true",
        "http://my_host:8080, false, my_host:8080, true",
        "http://[::1]:8080, false, [::1]:8080, true",
        "https://a.example, false, a.example, false",
        "http://a.example, true, a.example, false",
        "http://a.example:81, false, a.example, false",
        "http://a.example.evil, false, a.example, false",
        "http://b.a.example, false, a.example, false",
        "http://a.example., false, a.example, false",
        "null, false, a.example, false",
        "file://, false, a.example, false",
        "ws://a.example, false, a.example, false",
    })
    void onlyTheServersOwnOriginIsItsOwn(String origin, boolean secure, String host, boolean own) {
        assertThat(OriginCheck.isOwn(origin, secure, Authority.parse(host).orElseThrow())).isEqualTo(own);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a.example", "//a.example", "http:a.example", "http:/a.example", "http://", "http://a.example/", "http://a.example/x", "http://a.example#",
        "http://a.example?", "http://x@a.example", "http://a.example@x", "http://a.example:", "http://a.example:080", "http://a.example:80x", "http://a example",
        " http://a.example", "http://a.example ", "http://a.example, http://a.example", "http://a.example http://evil", "http://http://a.example", "http://a.example\n", "*"})
    void ownOriginInAnyOtherFormIsNot(String origin) {
        assertThat(OriginCheck.isOwn(origin, false, Authority.parse("a.example").orElseThrow())).isFalse();
    }

    @Test
    void anOriginThatIsListedIsTakenWordForWord() {
        Set<String> listed = Set.of("https://a.example");

        assertThat(OriginCheck.isListed("https://a.example", listed)).isTrue();
        assertThat(OriginCheck.isListed("https://a.example.evil", listed)).isFalse();
        assertThat(OriginCheck.isListed("https://A.example", listed)).isFalse();
        assertThat(OriginCheck.isListed("anything", Set.of("*"))).isTrue();
    }

    @Test
    void aForeignHeaderCannotForgeALogLine() {
        assertThat(OriginCheck.printable("http://a\r\nFORGED\u001b[31m\u2028")).isEqualTo("http://a??FORGED?[31m?");
        assertThat(OriginCheck.printable("x".repeat(10_000))).hasSizeLessThan(250);
    }
}
