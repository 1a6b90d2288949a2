package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines whose user is whoever a token says. */
@Timeout(60)
class TokenIT {

    private static TestApplication application;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.user.required", "true", "partyline.hello.within", "500ms", "partyline.send.within", "1s"));
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static PlainClient client() {
        return new PlainClient(application.line());
    }

    private static String until(String user, long millis) {
        return "good:" + user + ":" + (System.currentTimeMillis() + millis);
    }

    @Test
    void goodTokenMakesTheUserWhomHandlersSee() {
        try (PlainClient client = client()) {
            assertThat(client.hello("\"tabs\":[\"k-1\"],\"token\":\"good:ann\"").getString("user")).isEqualTo("ann");
            client.send("{\"type\":\"who\",\"from\":\"k-1\",\"id\":1}");

            assertThat(client.reply(1).getString("value")).isEqualTo("ann");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"token\":\"bad\"", ",\"token\":\"good:ann:1\"", ",\"token\":\"broken\""})
    void withoutAGoodTokenNobodyComesIn(String token) {
        try (PlainClient client = client()) {
            client.send("{\"type\":\"$hello\",\"v\":1" + token + "}");

            assertThat(client.closeCode()).isEqualTo(4501);
        }
    }

    @Test
    void whoCannotShowATokenOrSaysNothingIsSentAway() {
        try (PlainClient plain = client(); PlainClient silent = client()) {
            plain.send("{\"data\":{\"from\":\"t\",\"data\":1}}");

            assertThat(plain.closeCode()).isEqualTo(4501);
            assertThat(silent.closeCode()).isEqualTo(4506);
        }
    }

    @Test
    void expiredTokenEndsTheSocketAndARenewedOneResumesTheLine() {
        try (PlainClient first = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"k-2\"],\"token\":\"" + until("eve", 700) + "\"");
            assertThat(first.closeCode()).isEqualTo(4003);

            try (PlainClient back = client()) {
                assertThat(back.resume(welcome, 0, "\"tabs\":[\"k-2\"],\"token\":\"good:eve\"").getBoolean("resumed")).isTrue();
            }
        }
    }

    @Test
    void tokenRenewedInTimeKeepsTheSocketUntilTheNewOneEnds() {
        try (PlainClient client = client()) {
            long began = System.nanoTime();
            client.hello("\"tabs\":[\"k-3\"],\"token\":\"" + until("fay", 1000) + "\"");
            client.send("{\"type\":\"$token\",\"token\":\"" + until("fay", 3000) + "\"}");

            assertThat(client.closeCode()).isEqualTo(4003);
            assertThat(System.nanoTime() - began).as("not when the first one ended").isGreaterThan(2_500_000_000L);
        }
    }

    @Test
    void badTokenOrAnotherUsersEndsTheSocketForGood() {
        try (PlainClient bad = client(); PlainClient others = client()) {
            JsonObject welcome = bad.hello("\"token\":\"good:gus\"");
            bad.send("{\"type\":\"$token\",\"token\":\"bad\"}");
            others.hello("\"token\":\"good:gus\"");
            others.send("{\"type\":\"$token\",\"token\":\"good:hal\"}");

            assertThat(bad.closeCode()).isEqualTo(4501);
            assertThat(others.closeCode()).isEqualTo(4502);
            try (PlainClient back = client()) {
                assertThat(back.resume(welcome, 0, "\"token\":\"good:gus\"").getBoolean("resumed")).isFalse();
            }
        }
    }

    @Test
    void anotherUsersLineIsNotResumed() {
        try (PlainClient owner = client(); PlainClient thief = client()) {
            JsonObject welcome = owner.hello("\"token\":\"good:ida\"");

            assertThat(thief.resume(welcome, 0, "\"token\":\"good:jim\"").getBoolean("resumed")).isFalse();
        }
    }

    @Test
    void everyLineOfAUserHearsWhatIsForThatUserAndNobodyElseDoes() {
        try (PlainClient one = client(); PlainClient two = client(); PlainClient other = client()) {
            one.hello("\"tabs\":[\"k-4\"],\"token\":\"good:kim\"");
            two.hello("\"tabs\":[\"k-5\"],\"token\":\"good:kim\"");
            other.hello("\"tabs\":[\"k-6\"],\"token\":\"good:lou\"");
            other.send("{\"type\":\"toUser\",\"from\":\"k-6\",\"id\":1,\"value\":{\"to\":\"kim\",\"text\":\"psst\"}}");
            other.reply(1);
            other.send("{\"type\":\"toAll\",\"from\":\"k-6\",\"id\":2,\"value\":{\"to\":\"\",\"text\":\"hear, hear\"}}");

            assertThat(one.next(frame -> frame.containsKey("topic")).getString("topic")).isEqualTo("@user:kim");
            assertThat(two.next(frame -> frame.containsKey("topic")).getString("value")).isEqualTo("psst");
            assertThat(other.next(frame -> frame.containsKey("topic")).getString("value")).isEqualTo("hear, hear");
        }
    }
}
