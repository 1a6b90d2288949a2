package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An application that asks tabs, over real WebSockets. One client has its server ask another. */
@Timeout(60)
class AskIT {

    private static final int QUESTIONS = 3;

    private static TestApplication application;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.questions", "" + QUESTIONS, "partyline.handler.threads", "2", "partyline.handler.threads.per.user", "2"));
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static PlainClient client() {
        return PlainClient.welcomed(application.line());
    }

    private static void ask(PlainClient by, long id, String tab, int within) {
        by.send("{\"type\":\"ask\",\"from\":\"" + by.tab() + "\",\"id\":" + id + ",\"value\":{\"tab\":\"" + tab + "\",\"type\":\"confirm\",\"value\":\"sure?\",\"within\":" + within + "}}");
    }

    private static JsonObject outcome(PlainClient by, long id) {
        return by.reply(id).getJsonObject("value");
    }

    private static String answer(String tab, JsonObject question, long id, String members) {
        return "{\"type\":\"$answer\",\"from\":\"" + tab + "\",\"re\":" + question.getJsonNumber("id") + ",\"id\":" + id + "," + members + "}";
    }

    @Test
    void tabIsAskedAndItsAnswerIsConfirmed() {
        try (PlainClient asks = client(); PlainClient asked = client()) {
            ask(asks, 1, asked.tab(), 10_000);
            JsonObject question = asked.next("confirm");
            assertThat(question.getString("from")).isEqualTo(asked.tab());
            assertThat(question.getString("value")).isEqualTo("sure?");

            asked.send(answer(asked.tab(), question, 1, "\"value\":{\"yes\" : true}"));

            assertThat(asked.reply(1)).doesNotContainKeys("error", "value");
            assertThat(outcome(asks, 1).getString("answer")).isEqualTo("{\"yes\" : true}");
        }
    }

    @Test
    void errorOfThePageTimeoutAndAbsentTabAreToldApart() {
        try (PlainClient asks = client(); PlainClient asked = client()) {
            ask(asks, 1, asked.tab(), 10_000);
            asked.send(answer(asked.tab(), asked.next("confirm"), 1, "\"error\":{\"code\":\"unknown_type\",\"message\":\"no answer for this type\"}"));
            assertThat(outcome(asks, 1).getString("reason")).isEqualTo("REJECTED");

            ask(asks, 2, "nobody", 10_000);
            assertThat(outcome(asks, 2).getString("reason")).isEqualTo("TAB_GONE");

            ask(asks, 3, asked.tab(), 1);
            assertThat(outcome(asks, 3).getString("reason")).isEqualTo("TIMEOUT");
            asked.send(answer(asked.tab(), asked.next("confirm"), 2, "\"value\":1"));
            assertThat(asked.reply(2)).as("an answer that comes too late").doesNotContainKey("error");

            ask(asks, 4, asked.tab(), 30_000);
            asked.next("confirm");
            asked.send("{\"type\":\"$bye\"}");
            assertThat(outcome(asks, 4).getString("reason")).as("the line has ended").isEqualTo("TAB_GONE");
        }
    }

    @Test
    void questionAndAnswerSurviveTheLossOfTheirConnections() {
        try (PlainClient asks = client()) {
            PlainClient first = new PlainClient(application.line());
            JsonObject welcome = first.hello("\"tabs\":[\"lost\"]");
            first.drop();
            ask(asks, 1, "lost", 30_000);

            PlainClient second = new PlainClient(application.line());
            second.resume(welcome, 0, "\"tabs\":[\"lost\"]");
            JsonObject question = second.next("confirm");
            second.drop();
            try (PlainClient third = new PlainClient(application.line())) {
                JsonObject resumed = third.resume(welcome, 1, "\"tabs\":[\"lost\"]");
                assertThat(resumed.getInt("inbox")).as("the question is not sent again").isEqualTo(1);
                third.send(answer("lost", question, 5, "\"value\":\"first\""), answer("lost", question, 5, "\"value\":\"again\""), answer("lost", question, 6, "\"value\":\"second\""));

                assertThat(third.reply(5)).doesNotContainKey("error");
                assertThat(third.reply(6)).doesNotContainKey("error");
                assertThat(outcome(asks, 1).getString("answer")).isEqualTo("\"first\"");
            }
        }
    }

    @Test
    void tabOfAPlainClientCannotBeAskedAndAnswersNothing() {
        try (PlainClient asks = client(); PlainClient plain = new PlainClient(application.line()); PlainClient asked = client()) {
            plain.send("{\"data\":{\"type\":\"echo\",\"from\":\"plain\",\"value\":1}}").next();
            ask(asks, 1, "plain", 10_000);
            assertThat(outcome(asks, 1).getString("reason")).isEqualTo("TAB_GONE");

            ask(asks, 2, asked.tab(), 10_000);
            JsonObject question = asked.next("confirm");
            plain.send(answer("plain", question, 1, "\"value\":1"));
            assertThat(plain.next().getJsonObject("error").getString("code")).isEqualTo("bad_frame");
            asks.send(answer(asked.tab(), question, 3, "\"value\":1"));
            assertThat(asks.reply(3).getJsonObject("error").getString("code")).as("for a tab of another line").isEqualTo("forbidden");
            asks.send(answer(asks.tab(), question, 4, "\"value\":1"));
            asks.reply(4);
            asked.send(answer(asked.tab(), question, 1, "\"value\":\"mine\""));
            assertThat(outcome(asks, 2).getString("answer")).isEqualTo("\"mine\"");
        }
    }

    @Test
    void noMoreQuestionsAreOpenThanTheSettingSays() {
        try (PlainClient asks = client(); PlainClient asked = client()) {
            List<JsonObject> open = new ArrayList<>();
            for (int id = 1; id <= QUESTIONS; id++) {
                ask(asks, id, asked.tab(), 30_000);
                open.add(asked.next("confirm"));
            }
            ask(asks, QUESTIONS + 1, asked.tab(), 30_000);
            assertThat(outcome(asks, QUESTIONS + 1).getString("reason")).isEqualTo("OVERLOADED");
            for (int i = 0; i < open.size(); i++) {
                asked.send(answer(asked.tab(), open.get(i), i + 1, "\"value\":1"));
                outcome(asks, i + 1);
            }
            ask(asks, QUESTIONS + 2, asked.tab(), 30_000);
            asked.send(answer(asked.tab(), asked.next("confirm"), QUESTIONS + 1, "\"value\":2"));
            assertThat(outcome(asks, QUESTIONS + 2).getString("answer")).isEqualTo("2");
        }
    }

    /** Each thread of the handlers waits for an answer: what the answers complete must not need one of them. */
    @Test
    void handlersMayWaitForAnswersWithAllTheirThreads() {
        try (PlainClient one = client(); PlainClient two = client()) {
            for (PlainClient client : List.of(one, two)) {
                client.send("{\"type\":\"ask.and.wait\",\"from\":\"" + client.tab() + "\",\"id\":1,\"value\":{\"tab\":\"" + client.tab() + "\",\"type\":\"count\",\"value\":\"1\",\"within\":1}}");
            }
            JsonObject first = one.next("count");
            JsonObject second = two.next("count");
            one.send(answer(one.tab(), first, 2, "\"value\":41"));
            two.send(answer(two.tab(), second, 2, "\"value\":42"));

            assertThat(one.reply(1).getInt("value")).isEqualTo(41);
            assertThat(two.reply(1).getInt("value")).isEqualTo(42);
        }
    }
}
