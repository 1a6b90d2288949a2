package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.line.Closing;
import dev.partyline.line.Line;
import dev.partyline.wire.CloseCode;
import jakarta.json.JsonObject;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the application does to a line, and what its client learns. */
class ServerActsTest {

    private static final CloseCode MOVED = CloseCode.ofApplication(4100);
    private static final CloseCode BANNED = CloseCode.ofApplication(4600);

    private final ConnectionFixture fixture = new ConnectionFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private Line line(FakeClient client) {
        return fixture.context.lines.get(welcome(client).getString("line")).orElseThrow();
    }

    private static JsonObject welcome(FakeClient client) {
        return client.next(frame -> frame.getString("type", "").equals("$welcome"));
    }

    private static JsonObject bye(FakeClient client) {
        return client.next(frame -> frame.getString("type", "").equals("$bye"));
    }

    private FakeClient resuming(FakeClient former) {
        FakeClient next = fixture.client();
        next.send("{\"type\":\"$hello\",\"v\":1,\"line\":\"" + welcome(former).getString("line") + "\",\"key\":\"" + welcome(former).getString("key") + "\",\"inbox\":0}");
        return next;
    }

    @Test
    void lineThatIsClosedForGoodEndsAndItsClientLearnsCodeAndReason() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");

        fixture.context.lines.close(line(client), new Closing(BANNED, "you are banned"));

        assertThat(bye(client).getInt("code")).isEqualTo(4600);
        assertThat(bye(client).getString("reason")).isEqualTo("you are banned");
        assertThat(client.closeCode()).isEqualTo(BANNED);
        assertThat(client.closeReason()).isEqualTo("you are banned");
        await().until(() -> fixture.lines() == 0);
        assertThat(fixture.context.lines.findByTab("t")).isEmpty();
    }

    @Test
    void lineThatIsClosedToReconnectIsHeldAndResumed() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");

        fixture.context.lines.close(line(client), new Closing(MOVED, "your roles have changed"));

        assertThat(bye(client).getInt("code")).isEqualTo(4100);
        assertThat(client.closeCode()).isEqualTo(MOVED);
        assertThat(welcome(resuming(client)).getBoolean("resumed")).isTrue();
    }

    @Test
    void clientThatWasAwayIsToldOnceAndThenGetsANewLine() {
        FakeClient client = fixture.client().hello("");
        Line line = line(client);
        client.connection.onClose(1006);
        await().until(() -> fixture.context.lines.isHeld(line));

        fixture.context.lines.close(line, new Closing(BANNED, "you are banned"));

        FakeClient back = resuming(client);
        assertThat(back.closeCode()).isEqualTo(BANNED);
        assertThat(back.closeReason()).isEqualTo("you are banned");
        assertThat(welcome(resuming(client)).getBoolean("resumed")).isFalse();
    }

    @Test
    void onlyWhoHasTheKeyOfALineLearnsWhyItWasClosed() {
        FakeClient client = fixture.client().hello("");
        fixture.context.lines.close(line(client), new Closing(BANNED, "you are banned"));

        FakeClient other = fixture.client().hello("\"line\":\"" + welcome(client).getString("line") + "\",\"key\":\"guess\",\"inbox\":0");

        assertThat(welcome(other).getBoolean("resumed")).isFalse();
        assertThat(resuming(client).closeCode()).isEqualTo(BANNED);
    }

    @Test
    void whyALineWasClosedIsForgottenWhenAHeldOneWouldBe() {
        FakeClient client = fixture.client().hello("");
        fixture.context.lines.close(line(client), new Closing(BANNED, "you are banned"));
        fixture.advance(Duration.ofMinutes(2).plusSeconds(1));
        fixture.context.lines.sweep();

        assertThat(welcome(resuming(client)).getBoolean("resumed")).isFalse();
    }

    @Test
    void topicsThatThePolicyNowDeniesAreLeftAndTheOthersStay() {
        FakeClient client = fixture.client().hello("\"topics\":{\"a\":null,\"b\":null}");
        fixture.revoked.add("a");

        fixture.context.recheck(line(client));

        JsonObject left = client.next(frame -> frame.containsKey("left"));
        assertThat(left.getString("left")).isEqualTo("a");
        assertThat(left.getJsonObject("error").getString("code")).isEqualTo("forbidden");
        assertThat(left.getJsonObject("error").getBoolean("retryable")).isFalse();
        client.send("{\"type\":\"$publish\",\"topic\":\"a\",\"from\":\"t\",\"value\":1}").send("{\"type\":\"$publish\",\"topic\":\"b\",\"from\":\"t\",\"value\":2}");
        assertThat(client.next(frame -> frame.containsKey("topic")).getString("topic")).isEqualTo("b");
    }

    @Test
    void policyThatBlocksIsAskedByItsOwnThreadsAndTheLoopGoesOn() {
        fixture.policyBlocks = true;
        fixture.gate.countDown();
        FakeClient client = fixture.client().hello("\"topics\":{\"slow\":null}");
        int asked = fixture.waitingAtGate.get();

        fixture.context.recheck(line(client));

        await().until(() -> fixture.waitingAtGate.get() == asked + 1);
        client.send("{\"type\":\"$ping\"}");
        client.next(frame -> frame.getString("type", "").equals("$pong"));
        assertThat(client.received()).noneMatch(frame -> frame.containsKey("left"));
    }

    /** The policy has said yes, and not yet been heard, when it says no. */
    @Test
    void joinThatWasAllowedBeforeTheChangeIsCheckedOnceMore() {
        fixture.policyBlocks = true;
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");
        client.send("{\"type\":\"$join\",\"topic\":\"slow\",\"id\":1}");
        await().until(() -> fixture.waitingAtGate.get() == 1);

        fixture.context.recheck(line(client));
        fixture.gate.countDown();
        client.next(frame -> frame.getInt("re", 0) == 1);

        await("a second question about the topic").until(() -> fixture.waitingAtGate.get() == 2);
    }

    @Test
    void helloThatIsResumedWhileThePolicyChangesIsCheckedOnceMore() {
        fixture.policyBlocks = true;
        FakeClient client = fixture.client().hello("");
        Line line = line(client);
        client.connection.onClose(1006);
        await().until(() -> fixture.context.lines.isHeld(line));
        FakeClient back = fixture.client();
        back.send("{\"type\":\"$hello\",\"v\":1,\"line\":\"" + line.id() + "\",\"key\":\"" + welcome(client).getString("key") + "\",\"inbox\":0,\"topics\":{\"slow\":null}}");
        await().until(() -> fixture.waitingAtGate.get() == 1);

        fixture.context.recheck(line);
        fixture.gate.countDown();

        assertThat(welcome(back).getJsonObject("topics").getJsonObject("slow")).containsKey("at");
        await("a second question about the topic").until(() -> fixture.waitingAtGate.get() == 2);
    }
}
