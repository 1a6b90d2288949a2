package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import dev.partyline.wire.TabIds;
import jakarta.json.JsonObject;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whose a tab is: who gets what is meant for it, and what others learn of it. */
@Timeout(60)
class TabIdentityIT {

    private static final String NOTE = "{\"type\":\"note\",\"value\":\"an invoice\"}";

    private static TestApplication application;
    private static Api api;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.api.key", Api.KEY));
        api = new Api(application.port());
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    private static PlainClient client() {
        return new PlainClient(application.line());
    }

    private static String tab(String secret) {
        return "\"tabs\":[\"" + TabIds.derive(secret) + "\"],\"secrets\":[\"" + secret + "\"]";
    }

    private static String request(String type, String tab) {
        return "{\"type\":\"" + type + "\",\"from\":\"" + tab + "\",\"id\":1}";
    }

    private static JsonObject error(PlainClient client) {
        return client.next(frame -> frame.containsKey("error")).getJsonObject("error");
    }

    @Test
    void readerOfATopicLearnsNoIdOfATab() {
        try (PlainClient reader = client(); PlainClient publisher = client()) {
            reader.hello("\"tabs\":[\"i-1\"],\"topics\":{\"open.chat\":null}");
            publisher.hello("\"tabs\":[\"i-2\"]");
            publisher.send("{\"type\":\"$publish\",\"topic\":\"open.chat\",\"from\":\"i-2\",\"value\":\"hi\"}");

            String from = reader.next(frame -> frame.containsKey("topic")).getString("from");

            assertThat(from).doesNotContain("i-2");
            assertThat(api.post("/api/tabs/" + from, NOTE).code()).isEqualTo("unknown_tab");
            assertThat(reader.send("{\"type\":\"$tab\",\"from\":\"" + from + "\",\"state\":\"open\"}").next(frame -> frame.containsKey("error")).getJsonObject("error")
                .getString("code")).isEqualTo("bad_frame");
        }
    }

    @Test
    void tabComesBackToWhoKnowsItsSecretAndToNobodyElse() {
        String id = TabIds.derive("of ann");
        try (PlainClient ann = client(); PlainClient mallory = client(); PlainClient plain = client()) {
            ann.hello(tab("of ann"));
            mallory.hello("\"tabs\":[\"" + id + "\"]");
            assertThat(error(mallory).getString("code")).as("in the first second of the line").isEqualTo("too_many");
            ann.send("{\"type\":\"$bye\"}");
            assertThat(ann.closeCode()).isEqualTo(1000);

            mallory.send("{\"type\":\"$tab\",\"from\":\"" + id + "\",\"state\":\"open\"}");
            assertThat(error(mallory).getString("code")).isEqualTo("forbidden");
            mallory.send(request("echo", id));
            assertThat(error(mallory).getString("code")).isEqualTo("forbidden");
            plain.send("{\"data\":{\"from\":\"" + id + "\",\"data\":1}}");
            assertThat(error(plain).getString("code")).isEqualTo("forbidden");
            assertThat(api.post("/api/tabs/" + id, NOTE).code()).isEqualTo("unknown_tab");

            try (PlainClient back = client()) {
                back.hello(tab("of ann"));
                assertThat(api.post("/api/tabs/" + id, NOTE).status()).isEqualTo(200);
                assertThat(back.next("note").getString("value")).isEqualTo("an invoice");
            }
        }
    }

    @Test
    void tabWhoseFirstWelcomeWasLostIsMovedWithItsSecret() {
        try (PlainClient lost = client(); PlainClient back = client()) {
            lost.hello(tab("of bob"));

            back.hello(tab("of bob"));

            assertThat(back.send(request("who", TabIds.derive("of bob"))).reply(1).getString("value")).isEqualTo("nobody");
        }
    }

    @Test
    void tabWhoseUserLogsInAfterTheFirstWelcomeWasLostIsMovedWithItsSecret() {
        try (PlainClient lost = client(); PlainClient back = client()) {
            // Its welcome is not read.
            lost.send("{\"type\":\"$hello\",\"v\":1," + tab("of dan") + "}");
            await().until(() -> api.post("/api/tabs/" + TabIds.derive("of dan"), NOTE).status() == 200);

            back.hello(tab("of dan") + ",\"token\":\"good:dan\"");

            assertThat(back.send(request("who", TabIds.derive("of dan"))).reply(1).getString("value")).isEqualTo("dan");
        }
    }

    @Test
    void tabOfALineThatItsClientKnowsIsNotMovedToAnotherUser() {
        try (PlainClient visitor = client(); PlainClient other = client()) {
            visitor.hello(tab("of eve"));
            visitor.send(request("who", TabIds.derive("of eve"))).reply(1);

            other.hello(tab("of eve") + ",\"token\":\"good:carol\"");

            assertThat(error(other).getString("code")).isEqualTo("too_many");
        }
    }

    @Test
    void tabsOfABrowserWhoseUserLogsInWorkOnTheNewLineAtOnce() {
        try (PlainClient visitor = client(); PlainClient ann = client(); PlainClient out = client(); PlainClient next = client()) {
            JsonObject first = visitor.hello("\"tabs\":[\"i-3\"]");
            visitor.drop();

            JsonObject second = ann.resume(first, 0, "\"tabs\":[\"i-3\"],\"token\":\"good:ann\"");
            assertThat(second.getBoolean("resumed")).isFalse();
            assertThat(ann.send(request("who", "i-3")).reply(1).getString("value")).isEqualTo("ann");

            out.send("{\"type\":\"$hello\",\"v\":1,\"line\":\"" + second.getString("line") + "\",\"key\":\"" + second.getString("key") + "\",\"tabs\":[\"i-3\"]}");
            assertThat(out.closeCode()).isEqualTo(4505);
            next.hello("\"tabs\":[\"i-3\"]");
            assertThat(next.send(request("who", "i-3")).reply(1).getString("value")).isEqualTo("nobody");
            assertThat(ann.closeCode()).as("of the line that another one has replaced, though it was open").isEqualTo(4507);
        }
    }

    @Test
    void messageInAnEnvelopeIsRunForATabOfItsOwnLineWhoeverHasAnnouncedTheId() {
        try (PlainClient mallory = client(); PlainClient page = client()) {
            mallory.hello("\"tabs\":[\"Tab4\"]");
            String own = page.hello("\"tabs\":[\"i-5\"]").getString("line");

            page.send("{\"data\":{\"type\":\"tab\",\"from\":\"Tab4\"}}");

            assertThat(page.next(frame -> frame.getString("from", "").equals("Tab4")).getString("value")).isEqualTo("Tab4@" + own);
            assertThat(api.post("/api/tabs/Tab4", NOTE).status()).isEqualTo(200);
            assertThat(mallory.next("note").getString("value")).as("of the line that announced the id").isEqualTo("an invoice");
        }
    }
}
