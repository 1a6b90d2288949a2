package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an application hears of lines and tabs, from one of its listeners, which fails at times. */
@Timeout(60)
class EventsIT {

    private static TestApplication application;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.hold", "1s", "partyline.send.within", "400ms"));
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static void awaitDiary(String line, String... entries) {
        await().untilAsserted(() -> assertThat(application.diary(line)).containsExactly(entries));
    }

    @Test
    void lifeOfALineIsToldInItsOrder() {
        try (PlainClient first = new PlainClient(application.line()); PlainClient back = new PlainClient(application.line())) {
            JsonObject welcome = first.hello("\"tabs\":[\"e-1\"]");
            String line = welcome.getString("line");
            first.send("{\"type\":\"$tab\",\"from\":\"e-2\",\"state\":\"open\"}", "{\"type\":\"$tab\",\"from\":\"e-2\",\"state\":\"hidden\"}",
                "{\"type\":\"$tab\",\"from\":\"e-2\",\"state\":\"visible\"}", "{\"type\":\"$tab\",\"from\":\"e-2\",\"state\":\"gone\"}",
                "{\"type\":\"$tab\",\"from\":\"nobody\",\"state\":\"hidden\"}");
            awaitDiary(line, "opened", "tab opened: e-1", "tab opened: e-2", "tab hidden: e-2", "tab visible: e-2", "tab gone: e-2");

            first.drop();
            await().until(() -> application.diary(line).contains("held"));
            back.resume(welcome, 0, "\"tabs\":[\"e-1\"]");
            back.send("{\"type\":\"$bye\"}");
            awaitDiary(line, "opened", "tab opened: e-1", "tab opened: e-2", "tab hidden: e-2", "tab visible: e-2", "tab gone: e-2", "held", "resumed",
                "tab gone: e-1", "gone");
        }
    }

    @Test
    void lineThatIsNotFetchedIsHeldAndThenGone() {
        try (PlainClient client = new PlainClient(application.line())) {
            String line = client.hello("\"tabs\":[\"e-3\"]").getString("line");
            client.drop();

            awaitDiary(line, "opened", "tab opened: e-3", "held", "tab gone: e-3", "gone");
        }
    }

    @Test
    void clientThatEndsInOrderIsGoneAtOnce() {
        try (PlainClient client = new PlainClient(application.line())) {
            String line = client.hello("\"tabs\":[\"e-4\"]").getString("line");
            client.leave();

            awaitDiary(line, "opened", "tab opened: e-4", "tab gone: e-4", "gone");
        }
    }
}
