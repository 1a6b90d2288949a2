package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A browser whose socket dropped comes back for its line. */
@Timeout(60)
class ResumeIT {

    private static TestApplication application;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.rate", "1000", "partyline.rate.burst", "1000", "partyline.inbox.messages", "8"));
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static PlainClient client() {
        return new PlainClient(application.line());
    }

    /** Drops a client and waits until the server knows. */
    private static void drop(PlainClient client, JsonObject welcome) {
        client.drop();
        await().until(() -> application.diary(welcome.getString("line")).contains("held"));
    }

    private static void note(PlainClient from, String type, String to, String text) {
        from.send("{\"data\":{\"type\":\"" + type + "\",\"from\":\"sender\",\"value\":{\"to\":\"" + to + "\",\"text\":\"" + text + "\"}}}");
        from.next(frame -> frame.containsKey("type") || frame.containsKey("from"));
    }

    @Test
    void whatTheInboxGotMeanwhileIsReplayedFromTheOffsetHeard() {
        try (PlainClient first = client(); PlainClient back = client(); PlainClient sender = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"r-1\"]");
            note(sender, "toTab", "r-1", "heard");
            note(sender, "toTab", "r-1", "sent, and lost on the way");
            assertThat(first.next().getString("value")).isEqualTo("heard");
            drop(first, welcome);
            note(sender, "toTab", "r-1", "while held");

            JsonObject resumed = back.resume(welcome, 1, "\"tabs\":[\"r-1\"]");
            assertThat(resumed.getBoolean("resumed")).isTrue();
            assertThat(resumed.getString("line")).isEqualTo(welcome.getString("line"));
            assertThat(resumed.getInt("inbox")).isEqualTo(1);
            assertThat(back.next().getString("value")).isEqualTo("sent, and lost on the way");
            assertThat(back.next().getString("value")).isEqualTo("while held");
        }
    }

    @Test
    void topicsGoOnFromTheirPositionsInTheWelcomesRoundTrip() {
        try (PlainClient first = client(); PlainClient back = client(); PlainClient sender = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"r-2\"],\"topics\":{\"open.a\":null,\"open.b\":null}");
            note(sender, "publish", "open.a", "a1");
            JsonArray heard = first.next(frame -> frame.containsKey("topic")).getJsonArray("at");
            drop(first, welcome);
            note(sender, "publish", "open.a", "a2");
            note(sender, "publish", "open.b", "b1");
            note(sender, "publish", "open.a", "a3");
            JsonArray nothing = welcome.getJsonObject("topics").getJsonObject("open.b").getJsonArray("at");

            JsonObject resumed = back.resume(welcome, 0, "\"tabs\":[\"r-2\"],\"topics\":{\"open.a\":" + heard + ",\"open.b\":" + nothing + "}");
            assertThat(resumed.getJsonObject("topics").getJsonObject("open.a").getBoolean("gap")).isFalse();
            assertThat(List.of(back.next().getString("value"), back.next().getString("value"), back.next().getString("value")))
                .containsExactlyInAnyOrder("a2", "a3", "b1").containsSubsequence("a2", "a3");
        }
    }

    @Test
    void positionOfAnotherLifeIsAGapAndAFreshOneIsNot() {
        try (PlainClient client = client()) {
            JsonObject topics = client.hello("\"topics\":{\"open.other\":[\"nolife\",7],\"open.fresh\":null}").getJsonObject("topics");

            assertThat(topics.getJsonObject("open.other").getBoolean("gap")).isTrue();
            assertThat(topics.getJsonObject("open.fresh").getBoolean("gap")).isFalse();
        }
    }

    @Test
    void requestThatComesAgainIsNotRunAgainAndItsStoredReplyIsSentOnceMore() {
        try (PlainClient first = client(); PlainClient back = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"r-3\"]");
            first.send("{\"type\":\"count\",\"from\":\"r-3\",\"id\":1}");
            int run = first.reply(1).getInt("value");
            first.send("{\"type\":\"count\",\"from\":\"r-3\",\"id\":1}");
            assertThat(first.reply(1).getInt("value")).as("on the same socket").isEqualTo(run);
            drop(first, welcome);

            JsonObject resumed = back.resume(welcome, 2, "\"tabs\":[\"r-3\"]");
            assertThat(resumed.getInt("heard")).isEqualTo(1);
            back.send("{\"type\":\"count\",\"from\":\"r-3\",\"id\":1}", "{\"type\":\"echo\",\"from\":\"r-3\",\"id\":2,\"value\":\"and on\"}");
            JsonObject again = back.reply(1);
            assertThat(again.containsKey("value") ? again.getInt("value") : run).as("answered as it was, or told to be a duplicate").isEqualTo(run);
            assertThat(back.reply(2).getString("value")).isEqualTo("and on");
            back.send("{\"type\":\"count\",\"from\":\"r-3\",\"id\":3}");
            assertThat(back.reply(3).getInt("value")).isEqualTo(run + 1);
        }
    }

    @Test
    void idWhoseReplyWasAcknowledgedIsADuplicate() {
        try (PlainClient client = client()) {
            client.hello("\"tabs\":[\"r-4\"]");
            client.send("{\"type\":\"echo\",\"from\":\"r-4\",\"id\":1,\"value\":1}");
            client.reply(1);
            client.ack(client.inbox());
            client.send("{\"type\":\"echo\",\"from\":\"r-4\",\"id\":1,\"value\":1}");

            assertThat(client.reply(1).getJsonObject("error").getString("code")).isEqualTo("duplicate");
        }
    }

    @Test
    void replyThatCameWhileTheLineWasHeldWaitsForIt() {
        try (PlainClient first = client(); PlainClient back = client(); PlainClient other = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"r-5\"]");
            first.send("{\"type\":\"wait\",\"from\":\"r-5\",\"id\":1,\"value\":\"held\"}");
            await().until(() -> Metrics.of(application.port()).get("partyline_handlers_running") > 0);
            drop(first, welcome);
            other.send("{\"data\":{\"type\":\"release\",\"from\":\"o\",\"value\":\"held\"}}");
            await().until(() -> Metrics.of(application.port()).get("partyline_handlers_running") == 0);

            assertThat(back.resume(welcome, 0, "\"tabs\":[\"r-5\"]").getInt("heard")).isEqualTo(1);
            assertThat(back.next().getInt("re")).isEqualTo(1);
        }
    }

    @Test
    void requestThatIsStillRunningIsNotRunTwiceWhenItComesAgain() {
        try (PlainClient first = client(); PlainClient back = client(); PlainClient other = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"r-6\"]");
            first.send("{\"type\":\"wait\",\"from\":\"r-6\",\"id\":1,\"value\":\"again\"}");
            await().until(() -> Metrics.of(application.port()).get("partyline_handlers_running") > 0);
            drop(first, welcome);
            back.resume(welcome, 0, "\"tabs\":[\"r-6\"]");
            back.send("{\"type\":\"wait\",\"from\":\"r-6\",\"id\":1,\"value\":\"again\"}", "{\"type\":\"echo\",\"from\":\"r-6b\",\"id\":2}");
            back.reply(2);
            other.send("{\"data\":{\"type\":\"release\",\"from\":\"o\",\"value\":\"again\"}}");

            assertThat(back.next().getInt("re")).isEqualTo(1);
            back.send("{\"type\":\"echo\",\"from\":\"r-6\",\"id\":3}");
            assertThat(back.next().getInt("re")).as("no second answer").isEqualTo(3);
        }
    }

    @Test
    void wrongKeyAndUnknownLineGetANewLineAndLeaveTheOldOneAlone() {
        try (PlainClient owner = client(); PlainClient thief = client(); PlainClient stranger = client()) {
            JsonObject welcome = owner.hello("\"tabs\":[\"r-7\"]");
            JsonObject stolen = thief.hello("\"line\":\"" + welcome.getString("line") + "\",\"key\":\"guessed\",\"inbox\":0");
            JsonObject unknown = stranger.hello("\"line\":\"never-was\",\"key\":\"" + welcome.getString("key") + "\"");

            assertThat(stolen.getBoolean("resumed")).isFalse();
            assertThat(stolen.getString("line")).isNotEqualTo(welcome.getString("line"));
            assertThat(unknown.getBoolean("resumed")).isFalse();
            owner.send("{\"type\":\"echo\",\"from\":\"r-7\",\"id\":1,\"value\":\"mine\"}");
            assertThat(owner.reply(1).getString("value")).isEqualTo("mine");
        }
    }

    @Test
    void newerSocketReplacesTheOlderWhichIsToldToStayAway() {
        try (PlainClient older = client(); PlainClient newer = client(); PlainClient sender = client()) {
            JsonObject welcome = older.hello("\"tabs\":[\"r-8\"]");

            assertThat(newer.resume(welcome, 0, "\"tabs\":[\"r-8\"]").getBoolean("resumed")).isTrue();
            assertThat(older.next().getInt("code")).isEqualTo(4507);
            assertThat(older.closeCode()).isEqualTo(4507);
            note(sender, "toTab", "r-8", "after");
            assertThat(newer.next().getString("value")).as("the older's close does not touch the line").isEqualTo("after");
        }
    }

    @Test
    void inboxThatOverflowedIsToldByAnOffsetBeyondTheOneAskedFor() {
        try (PlainClient first = client(); PlainClient back = client(); PlainClient sender = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"r-9\"]");
            drop(first, welcome);
            for (int i = 1; i <= 11; i++) {
                note(sender, "toTab", "r-9", "note " + i);
            }

            assertThat(back.resume(welcome, 0, "\"tabs\":[\"r-9\"]").getInt("inbox")).isEqualTo(3);
            assertThat(back.next().getString("value")).isEqualTo("note 4");
        }
    }

    @Test
    void tabsThatAreNotNamedOnReturnAreGone() {
        try (PlainClient first = client(); PlainClient back = client(); PlainClient sender = client()) {
            JsonObject welcome = first.hello("\"tabs\":[\"r-10\",\"r-11\"]");
            drop(first, welcome);
            back.resume(welcome, 0, "\"tabs\":[\"r-11\"]");

            sender.hello("\"tabs\":[\"s-10\"]");
            sender.send("{\"type\":\"toTab\",\"from\":\"s-10\",\"id\":1,\"value\":{\"to\":\"r-10\",\"text\":\"x\"}}",
                "{\"type\":\"toTab\",\"from\":\"s-10\",\"id\":2,\"value\":{\"to\":\"r-11\",\"text\":\"x\"}}");
            assertThat(sender.reply(1).getBoolean("value")).isFalse();
            assertThat(sender.reply(2).getBoolean("value")).isTrue();
        }
    }

    @Test
    void lineThatWasHeldTooLongIsForgotten() {
        try (TestApplication impatient = new TestApplication(Map.of("partyline.hold", "300ms", "partyline.send.within", "400ms"));
             PlainClient first = new PlainClient(impatient.line()); PlainClient back = new PlainClient(impatient.line())) {
            JsonObject welcome = first.hello("");
            first.drop();
            await().untilAsserted(() -> assertThat(Metrics.of(impatient.port()).get("partyline_lines")).isZero());

            assertThat(back.resume(welcome, 0, "").getBoolean("resumed")).isFalse();
        }
    }
}
