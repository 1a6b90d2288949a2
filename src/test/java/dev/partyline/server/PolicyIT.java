package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may send, join and publish, as an application's policy says, which fails at times. */
@Timeout(60)
class PolicyIT {

    private static TestApplication application;

    @BeforeAll
    static void start() {
        application = new TestApplication();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static PlainClient client() {
        return new PlainClient(application.line());
    }

    private static String codeOf(JsonObject reply) {
        return reply.containsKey("error") ? reply.getJsonObject("error").getString("code") : "fine";
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "read.news", "broken.x", "of.bob.x"})
    void topicThatIsNotOpenedIsPublishedToByNobody(String topic) {
        try (PlainClient client = client()) {
            client.hello("");
            client.send("{\"type\":\"$publish\",\"topic\":\"" + topic + "\",\"from\":\"p-" + topic.replace('.', '-') + "\",\"id\":1,\"value\":1}");

            assertThat(codeOf(client.reply(1))).isEqualTo("forbidden");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"files", "broken.x", "of.bob.x"})
    void topicThatIsNotOpenedIsJoinedByNobodyInWhicheverWay(String topic) {
        try (PlainClient client = client()) {
            JsonObject welcome = client.hello("\"topics\":{\"" + topic + "\":null}");
            client.send("{\"type\":\"$join\",\"topic\":\"" + topic + "\",\"id\":1}");

            assertThat(codeOf(welcome.getJsonObject("topics").getJsonObject(topic))).isEqualTo("forbidden");
            assertThat(codeOf(client.reply(1))).isEqualTo("forbidden");
        }
    }

    @Test
    void whatThePolicyOpensIsOpenAndNoMore() {
        try (PlainClient client = client()) {
            client.hello("\"tabs\":[\"p-1\"],\"token\":\"good:ann\"");
            client.send("{\"type\":\"$join\",\"topic\":\"read.news\",\"id\":1}", "{\"type\":\"$join\",\"topic\":\"of.ann.x\",\"id\":2}",
                "{\"type\":\"$publish\",\"topic\":\"of.ann.x\",\"from\":\"p-1\",\"value\":\"mine\"}");

            assertThat(codeOf(client.reply(1))).isEqualTo("fine");
            assertThat(codeOf(client.reply(2))).isEqualTo("fine");
            assertThat(client.next(frame -> frame.containsKey("topic")).getString("value")).isEqualTo("mine");
        }
    }

    @Test
    void typeThatMayNotBeSentIsRefusedWithoutAskingForItsHandler() {
        try (PlainClient client = client(); PlainClient plain = client()) {
            client.hello("");
            client.send("{\"type\":\"closed.x\",\"from\":\"p-2\",\"id\":1}");
            plain.send("{\"data\":{\"type\":\"closed.x\",\"from\":\"p\"}}");

            assertThat(codeOf(client.reply(1))).isEqualTo("forbidden");
            assertThat(codeOf(plain.next())).isEqualTo("forbidden");
        }
    }

    @Test
    void handlerMayPublishWhereItsCallerMayNot() {
        try (PlainClient client = client()) {
            client.hello("\"tabs\":[\"p-3\"],\"topics\":{\"open.files\":null}");
            client.send("{\"type\":\"deleteFile\",\"from\":\"p-3\",\"id\":1,\"value\":{\"fileName\":\"a.txt\",\"deletedBy\":\"ann\"}}");

            // Between the inbox and a topic there is no order.
            assertThat(List.of(client.next(), client.next()))
                .anySatisfy(reply -> assertThat(reply.getInt("re", 0)).isEqualTo(1))
                .anySatisfy(told -> assertThat(told.getString("type", "")).isEqualTo("deleted"))
                .allSatisfy(either -> assertThat(either.getJsonObject("value").getString("deletedBy")).isEqualTo("ann"));
        }
    }

    @Test
    void publishWithTheSameKeyIsAppendedOnce() {
        try (PlainClient client = client()) {
            client.hello("\"tabs\":[\"p-4\"],\"topics\":{\"open.once\":null}");
            String publish = "{\"type\":\"$publish\",\"topic\":\"open.once\",\"from\":\"p-4\",\"value\":1,\"key\":\"k1\",\"id\":";
            client.send(publish + "1}", publish + "2}", "{\"type\":\"$publish\",\"topic\":\"open.once\",\"from\":\"p-4\",\"value\":2}");

            JsonObject first = client.next(frame -> frame.containsKey("topic"));
            JsonObject second = client.next(frame -> frame.containsKey("topic"));
            assertThat(first.getInt("value")).isEqualTo(1);
            assertThat(second.getInt("value")).isEqualTo(2);
            assertThat(second.getJsonArray("at").getInt(1)).isEqualTo(first.getJsonArray("at").getInt(1) + 1);
        }
    }
}
