package dev.partyline.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line and the environment make of a run. */
class OptionsTest {

    private static Options parse(Map<String, String> environment, String... args) {
        return Options.parse(args, environment);
    }

    @Test
    void nothingSaidIsTheLoopbackOnly() {
        assertThat(parse(Map.of())).isEqualTo(new Options("localhost", 8080, "/partyline", false));
    }

    @Test
    void flagsWinOverTheEnvironment() {
        Map<String, String> environment = Map.of("PARTYLINE_HOST", "0.0.0.0", "PARTYLINE_PORT", "81", "PARTYLINE_CONTEXT", "/one");

        assertThat(parse(environment)).isEqualTo(new Options("0.0.0.0", 81, "/one", false));
        assertThat(parse(environment, "--host", "::1", "--port", "82", "--context", "/two/three")).isEqualTo(new Options("::1", 82, "/two/three", false));
        assertThat(parse(environment, "--host=::1", "--port=0", "--context=/", "-h")).isEqualTo(new Options("::1", 0, "", true));
    }

    @ParameterizedTest
    @CsvSource({
        "--nope, unknown option --nope",
        "8080, unknown option 8080",
        "--port, --port needs a value",
        "--port=x, 'port is \"x\", must be a number from 0 to 65535'",
        "--port=, 'port is \"\", must be a number from 0 to 65535'",
        "--port=65536, 'port is 65536, must be 0 to 65535'",
        "--port=-1, 'port is -1, must be 0 to 65535'",
        "--host=, 'host is empty, must be a name or an address of this machine'",
        "--context=a, 'context is \"a\"'",
        "--context=/a/, 'context is \"/a/\"'",
        "--context=//a, 'context is \"//a\"'",
        "--context=/a b, 'context is \"/a b\"'",
        "--context=/a#b, 'context is \"/a#b\"'",
    })
    void whatIsWrongIsTold(String arg, String message) {
        assertThatIllegalArgumentException().isThrownBy(() -> parse(Map.of(), arg)).withMessageStartingWith(message);
    }

    @Test
    void whatKubernetesTellsOfAServiceOfThatNameIsNoPort() {
        assertThat(parse(Map.of("PARTYLINE_PORT", "tcp://10.0.0.1:8080")).port()).isEqualTo(8080);
    }

    @ParameterizedTest
    @CsvSource({"localhost, localhost", "10.0.0.1, 10.0.0.1", "::1, [::1]", "[::1], [::1]"})
    void addressOfSixesIsInBracketsInAUrl(String host, String inUrl) {
        assertThat(Options.inUrl(host)).isEqualTo(inUrl);
    }
}
