package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.launcher.Run;
import dev.partyline.testing.Fuzzing;
import java.net.URI;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** An {@link HttpFuzz} of {@code java -jar partyline.war}, whose answers must not name the server either, and whose log is looked at. */
class HttpFuzzIT {

    /** Names of servers with or without their version. */
    private static final String SERVERS = "(?i:\\r\\nServer:|\\r\\nX-Powered-By:|Apache Tomcat|Tomcat/|Coyote|Catalina|Jetty|Payara|GlassFish|Grizzly|Eclipse\\.org)";
    /** Tomcat logs the first request that it cannot parse, with a stack trace, as INFO; and on a busy machine, how long it took for its first random number. */
    private static final Pattern LOG_OF_NOTE = Pattern.compile(
        ".* (SEVERE|WARNING) (?!dev\\.partyline\\.http\\.ApiKeyGuard: wrong API key|org\\.apache\\.catalina\\.util\\.SessionIdGeneratorBase: ).*|\\s+at dev\\.partyline.*");

    private final Fuzzing fuzzing = new Fuzzing(HttpFuzzIT.class);

    @Test
    void whateverIsAskedOverHttpTheAnswerTellsNothingAndNothingRefusedIsDelivered() {
        fuzzing.run(() -> {
            try (Run server = Run.of(Map.of("PARTYLINE_API_KEY", ServerAccess.KEY, "PARTYLINE_API_KEY_GUESSES", "1000000"), "--port", "0")) {
                ServerAccess access = new ServerAccess(URI.create("http://127.0.0.1:" + server.port() + server.context()), ServerAccess.KEY);
                new HttpFuzz(fuzzing, server.lineAddress(), access, Pattern.compile(HttpFuzz.INSIDE + "|" + SERVERS)).run();

                assertThat(server.output().lines().filter(line -> LOG_OF_NOTE.matcher(line).matches())).isEmpty();
            }
        });
    }
}
