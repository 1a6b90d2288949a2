package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class PlainHandlerTest {

    private ConnectionFixture fixture = new ConnectionFixture();

    @AfterEach
    void stop() {
        fixture.close();
    }

    private void rules(boolean plainClients, boolean userRequired) {
        fixture.close();
        fixture = new ConnectionFixture(plainClients, userRequired);
    }

    @Test
    void silentClientIsPresumedToBePlainAfterItsTimeAndNotBefore() {
        fixture.client();

        fixture.advance(ConnectionFixture.PLAIN_AFTER);
        assertThat(fixture.lines()).isZero();
        fixture.advance(ConnectionFixture.MOMENT);
        assertThat(fixture.context.lines.all()).hasSize(1).allSatisfy(line -> assertThat(line.isPlain()).isTrue());
        fixture.advance(ConnectionFixture.HELLO_WITHIN);
        assertThat(fixture.lines()).isEqualTo(1);
    }

    @Test
    void helloAfterSilenceTransfersTheSocketFromThePlainLine() {
        FakeClient client = fixture.client();
        fixture.advance(ConnectionFixture.PLAIN_AFTER.plus(ConnectionFixture.MOMENT));

        client.hello("\"tabs\":[\"t\"]");

        await().until(() -> fixture.lines() == 1);
        assertThat(fixture.context.lines.all()).allSatisfy(line -> assertThat(line.isPlain()).isFalse());
        assertThat(client.send(ConnectionFixture.hi(1)).next(frame -> frame.getInt("re", 0) == 1)).containsKey("value");
    }

    @ParameterizedTest
    @CsvSource({"false, false, NO_HELLO", "true, true, NOT_AUTHENTICATED"})
    void firstFrameOfAPlainClientIsNotRunWherePlainClientsAreNotServed(boolean plainClients, boolean userRequired, String code) {
        rules(plainClients, userRequired);
        FakeClient client = fixture.client().send(ConnectionFixture.PLAIN);

        assertThat(client.closeCode()).hasToString(code);
        assertThat(fixture.handled).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"$join\",\"topic\":\"a\",\"id\":1}", "{\"type\":\"$publish\",\"topic\":\"a\",\"from\":\"t\",\"value\":1}", "{\"type\":\"$ping\"}", "{\"type\":\"$bye\"}"})
    void controlFrameOfAPlainClientIsABadFrame(String frame) {
        FakeClient client = fixture.client().send(ConnectionFixture.PLAIN).send(frame);

        assertThat(client.nextError().getString("code")).isEqualTo("bad_frame");
        assertThat(client.isOpen()).isTrue();
    }

    @Test
    void malformedFirstMessageLeavesTheClientFreeToSendHello() {
        FakeClient client = fixture.client().send("no frame");
        assertThat(client.nextError().getString("code")).isEqualTo("bad_frame");
        assertThat(fixture.context.lines.all()).hasSize(1).allSatisfy(line -> assertThat(line.isPlain()).isTrue());

        client.hello("\"tabs\":[\"t\"]").send(ConnectionFixture.hi(1));

        assertThat(client.next(frame -> frame.getInt("re", 0) == 1)).containsKey("value");
        await().until(() -> fixture.lines() == 1);
    }

    @Test
    void messageIsOneFrameHoweverManyLinesItHas() {
        FakeClient client = fixture.client().send("{\"data\":{\"from\":\"t\",\n\"data\":\"first\"}\n}\n");

        assertThat(client.next(frame -> frame.containsKey("hi")).getString("data")).isEqualTo("first");
        assertThat(client.received()).noneMatch(FakeClient::isError);
    }

    @Test
    void tabIdNeedNotBeUniqueAndAnIdIsAMemberLikeAnyOther() {
        FakeClient one = fixture.client().send(ConnectionFixture.PLAIN);
        FakeClient other = fixture.client().send(ConnectionFixture.PLAIN);
        one.send("{\"data\":{\"from\":\"t\",\"id\":1,\"data\":\"second\"}}").send("{\"data\":{\"from\":\"t\",\"id\":1,\"data\":\"third\"}}");

        await().until(() -> one.received().size() == 3 && other.received().size() == 1);
        assertThat(one.received()).extracting(frame -> frame.getString("data")).containsExactly("first", "second", "third");
        assertThat(other.received()).noneMatch(FakeClient::isError);
    }
}
