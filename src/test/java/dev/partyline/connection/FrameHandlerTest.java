package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.wire.CloseCode;
import dev.partyline.wire.TabIds;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FrameHandlerTest {

    private final ConnectionFixture fixture = new ConnectionFixture();

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void requestThatComesAgainGetsTheStoredReplyAndIsNotRunAgain() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]").send(ConnectionFixture.hi(1));
        client.next(frame -> frame.getInt("re", 0) == 1);

        client.send(ConnectionFixture.hi(1));

        await().until(() -> client.received().stream().filter(frame -> frame.getInt("re", 0) == 1).count() == 2);
        assertThat(client.received()).noneMatch(FakeClient::isError);
        assertThat(fixture.handled).containsExactly("1");
    }

    @Test
    void requestWhoseReplyWasAcknowledgedIsADuplicate() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]").send(ConnectionFixture.hi(1));
        client.next(frame -> frame.getInt("re", 0) == 1);

        client.send("{\"type\":\"$ack\",\"bytes\":1,\"inbox\":1}").send(ConnectionFixture.hi(1));

        assertThat(client.nextError().getString("code")).isEqualTo("duplicate");
        assertThat(fixture.handled).containsExactly("1");
    }

    @Test
    void messageOfATabOfAnotherLineIsForbidden() {
        fixture.client().hello("\"tabs\":[\"t\"]");
        FakeClient other = fixture.client().hello("\"tabs\":[\"u\"]");

        assertThat(other.send(ConnectionFixture.hi(1)).errorOf(1)).isEqualTo("forbidden");
        assertThat(other.send("{\"type\":\"$publish\",\"topic\":\"a\",\"from\":\"t\",\"id\":2,\"value\":1}").errorOf(2)).isEqualTo("forbidden");
        assertThat(fixture.handled).isEmpty();
    }

    @Test
    void messageInTheShapeOfThePostMayBeOfATabThatOnlyAnotherPageOfThePostUses() {
        fixture.client().send(ConnectionFixture.PLAIN);
        fixture.client().hello("").send(ConnectionFixture.PLAIN);
        FakeClient other = fixture.client().hello("\"tabs\":[\"u\"]").send(ConnectionFixture.PLAIN);

        assertThat(other.next(frame -> frame.containsKey("hi")).getString("data")).isEqualTo("first");
    }

    @Test
    void messageInTheShapeOfThePostIsRunWhoeverHasAnnouncedItsTab() {
        fixture.client().hello("\"tabs\":[\"t\"]");
        FakeClient other = fixture.client().hello("\"tabs\":[\"u\"]").send(ConnectionFixture.PLAIN);

        assertThat(other.next(frame -> frame.containsKey("hi")).getString("data")).isEqualTo("first");
    }

    @Test
    void framesThatNameATabOfAnotherLineAreForbidden() {
        fixture.client().hello("\"tabs\":[\"t\"]");
        FakeClient other = fixture.client().hello("\"tabs\":[\"u\"]");

        assertThat(other.send("{\"type\":\"$join\",\"topic\":\"a\",\"from\":\"t\",\"id\":1}").errorOf(1)).isEqualTo("forbidden");
        assertThat(other.send("{\"type\":\"$leave\",\"topic\":\"a\",\"from\":\"t\",\"id\":2}").errorOf(2)).isEqualTo("forbidden");
    }

    @Test
    void whatTopicsTellOfAPublisherIsNoTabId() {
        FakeClient reader = fixture.client().hello("\"tabs\":[\"r\"],\"topics\":{\"a\":null}");
        fixture.client().hello("\"tabs\":[\"t\"]").send("{\"type\":\"$publish\",\"topic\":\"a\",\"from\":\"t\",\"value\":7}");

        String from = reader.next(frame -> frame.containsKey("topic")).getString("from");

        assertThat(from).isEqualTo(TabIds.publicName("t"));
        reader.send("{\"type\":\"$tab\",\"from\":\"" + from + "\",\"state\":\"open\"}");
        assertThat(reader.nextError().getString("code")).isEqualTo("bad_frame");
    }

    @Test
    void keyOfATabWithASecretIsTheSameOnTheNextLineOfTheTab() {
        String tab = TabIds.derive("secret");
        String hello = "\"tabs\":[\"" + tab + "\"],\"secrets\":[\"secret\"]";
        FakeClient one = fixture.client().hello(hello).send(publish(tab, 1, "17"));
        int first = offset(one, 1);

        FakeClient next = fixture.client().hello(hello).send(publish(tab, 1, "17"));

        assertThat(offset(next, 1)).isEqualTo(first);
    }

    @Test
    void publishIsAnsweredWithItsPosition() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"],\"topics\":{\"a\":null}");

        client.send("{\"type\":\"$publish\",\"topic\":\"a\",\"from\":\"t\",\"id\":1,\"value\":7}");

        assertThat(client.next(frame -> frame.getInt("re", 0) == 1).getJsonObject("value").getJsonArray("at").getInt(1)).isEqualTo(1);
        assertThat(client.next(frame -> frame.containsKey("topic")).getInt("value")).isEqualTo(7);
    }

    @Test
    void keyOfAnotherLineIsAnotherKeyAndTheSameKeyWithAnotherValueIsAConflict() {
        FakeClient ann = fixture.client().hello("\"tabs\":[\"t\"]");
        FakeClient mallory = fixture.client().hello("\"tabs\":[\"u\"]").send(publish("u", 1, "\"nonsense\""));
        mallory.next(frame -> frame.getInt("re", 0) == 1);

        ann.send(publish("t", 1, "17")).send(publish("t", 2, "17")).send(publish("t", 3, "18"));

        assertThat(offset(ann, 1)).isEqualTo(2);
        assertThat(offset(ann, 2)).isEqualTo(2);
        assertThat(ann.errorOf(3)).isEqualTo("conflict");
    }

    @Test
    void keyOfAUserIsTheSameOnAllLinesOfTheUser() {
        FakeClient one = fixture.client().hello("\"token\":\"good:ann\"").send(publish("t", 1, "17"));
        FakeClient two = fixture.client().hello("\"token\":\"good:ann\"").send(publish("u", 1, "17"));

        assertThat(offset(one, 1)).isEqualTo(offset(two, 1));
    }

    private static String publish(String tab, int id, String value) {
        return "{\"type\":\"$publish\",\"topic\":\"orders\",\"from\":\"" + tab + "\",\"id\":" + id + ",\"value\":" + value + ",\"key\":\"order-17\"}";
    }

    private static int offset(FakeClient client, int id) {
        return client.next(frame -> frame.getInt("re", 0) == id).getJsonObject("value").getJsonArray("at").getInt(1);
    }

    @Test
    void tokenWithoutAVerifierIsIgnored() {
        try (ConnectionFixture open = new ConnectionFixture(true, false, false)) {
            FakeClient client = open.client().hello("\"token\":\"whatever\"").send("{\"type\":\"$token\",\"token\":\"whatever\"}").send("{\"type\":\"$ping\"}");

            client.next(frame -> frame.getString("type", "").equals("$pong"));
            assertThat(client.isOpen()).isTrue();
        }
    }

    @Test
    void newTokenReplacesTheExpiryOfTheOneBefore() {
        String expiring = "\"token\":\"short:ann\"";
        FakeClient silent = fixture.client().hello(expiring);
        FakeClient renewed = fixture.client().hello(expiring).send("{\"type\":\"$token\",\"token\":\"good:ann\"}").send("{\"type\":\"$ping\"}");
        FakeClient first = fixture.client().hello(expiring);
        FakeClient resumed = fixture.client().resume(first, "\"token\":\"good:ann\"");
        renewed.next(frame -> frame.getString("type", "").equals("$pong"));

        fixture.advance(ConnectionFixture.SHORT_TOKEN.plusSeconds(1));

        assertThat(silent.closeCode()).isEqualTo(CloseCode.TOKEN_EXPIRED);
        resumed.send("{\"type\":\"$ping\"}").next(frame -> frame.getString("type", "").equals("$pong"));
        assertThat(renewed.isOpen()).isTrue();
        assertThat(resumed.isOpen()).isTrue();
    }

    @Test
    void tokenOfAFormerConnectionDoesNotReplaceTheExpiryOfTheNewerOne() {
        FakeClient former = fixture.client().hello("\"token\":\"good:ann\"").send("{\"type\":\"$token\",\"token\":\"slow:ann\"}");
        await().until(() -> fixture.waitingAtGate.get() == 1);
        FakeClient newer = fixture.client().resume(former, "\"token\":\"short:ann\"");
        fixture.gate.countDown();
        await().until(() -> fixture.context.waitingFrames.isIdle(former.connection));

        fixture.advance(ConnectionFixture.SHORT_TOKEN.plusSeconds(1));
        assertThat(newer.closeCode()).isEqualTo(CloseCode.TOKEN_EXPIRED);
    }

    @Test
    void invalidTokenClosesTheConnectionAndSoDoesOneOfAnotherUser() {
        FakeClient invalid = fixture.client().hello("\"token\":\"good:ann\"").send("{\"type\":\"$token\",\"token\":\"bad\"}");
        FakeClient foreign = fixture.client().hello("\"token\":\"good:ann\"").send("{\"type\":\"$token\",\"token\":\"good:bob\"}");
        FakeClient valid = fixture.client().hello("\"token\":\"good:ann\"").send("{\"type\":\"$token\",\"token\":\"good:ann\"}").send("{\"type\":\"$ping\"}");

        assertThat(invalid.closeCode()).isEqualTo(CloseCode.NOT_AUTHENTICATED);
        assertThat(foreign.closeCode()).isEqualTo(CloseCode.FORBIDDEN);
        valid.next(frame -> frame.getString("type", "").equals("$pong"));
        assertThat(valid.isOpen()).isTrue();
    }
}
