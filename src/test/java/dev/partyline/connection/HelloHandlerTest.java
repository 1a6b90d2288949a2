package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.wire.CloseCode;
import dev.partyline.wire.TabIds;
import jakarta.json.JsonObject;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class HelloHandlerTest {

    private ConnectionFixture fixture = new ConnectionFixture();

    @AfterEach
    void stop() {
        fixture.close();
    }

    private void rules(boolean plainClients, boolean userRequired) {
        fixture.close();
        fixture = new ConnectionFixture(plainClients, userRequired);
    }

    private static JsonObject welcome(FakeClient client) {
        return client.next(frame -> frame.getString("type", "").equals("$welcome"));
    }

    @ParameterizedTest
    @CsvSource({"'\"v\":2', VERSION", "'\"v\":1', NOT_AUTHENTICATED", "'\"v\":1,\"token\":\"bad\"', NOT_AUTHENTICATED"})
    void helloWithoutTheRightVersionOrUserIsRejected(String members, String code) {
        rules(true, true);
        FakeClient client = fixture.client().send("{\"type\":\"$hello\"," + members + "}");

        assertThat(client.closeCode()).hasToString(code);
        assertThat(fixture.lines()).isZero();
        rules(true, true);
        fixture.client().hello("\"token\":\"good:ann\"");
    }

    @Test
    void topicsBeyondTheLimitAndThoseThatNoClientMayNameAreNotJoined() {
        StringBuilder topics = new StringBuilder("\"*\":null,\"@user:bob\":null");
        for (int i = 1; i <= ConnectionFixture.TOPICS + 1; i++) {
            topics.append(",\"a").append(i).append("\":null");
        }

        JsonObject joined = welcome(fixture.client().hello("\"topics\":{" + topics + "}")).getJsonObject("topics");

        assertThat(joined.getJsonObject("*")).containsKey("at");
        assertThat(joined.getJsonObject("@user:bob").getJsonObject("error").getString("code")).isEqualTo("forbidden");
        assertThat(joined.getJsonObject("a" + ConnectionFixture.TOPICS)).containsKey("at");
        assertThat(joined.getJsonObject("a" + (ConnectionFixture.TOPICS + 1)).getJsonObject("error").getString("code")).isEqualTo("too_many");
    }

    @Test
    void tabOfAnotherLineIsNotOpenedAndTheClientGetsAnError() {
        fixture.client().hello("\"tabs\":[\"t\"]");

        FakeClient second = fixture.client().hello("\"tabs\":[\"t\",\"u\"]");

        assertThat(second.nextError().getString("code")).isEqualTo("too_many");
        assertThat(fixture.context.lines.findByTab("t")).isNotEqualTo(fixture.context.lines.findByTab("u"));
        assertThat(fixture.context.lines.findByTab("u")).isPresent();
    }

    @Test
    void tabMovesToTheNextLineOfABrowserThatKnowsItsSecret() {
        String tab = TabIds.derive("secret");
        fixture.client().hello("\"tabs\":[\"" + tab + "\"],\"secrets\":[\"secret\"]");
        FakeClient thief = fixture.client().hello("\"tabs\":[\"" + tab + "\"],\"secrets\":[\"guess\"]");
        assertThat(thief.nextError().getString("code")).isEqualTo("too_many");

        FakeClient next = fixture.client().hello("\"tabs\":[\"" + tab + "\"],\"secrets\":[\"secret\"]").send(request(tab));

        assertThat(next.next(frame -> frame.getInt("re", 0) == 1)).containsKey("value");
        assertThat(next.received()).noneMatch(FakeClient::isError);
    }

    @Test
    void helloOfThousandsOfTabsTakesNoneFromAnotherLine() {
        fixture.client().hello("\"tabs\":[\"victim\"]");
        StringBuilder tabs = new StringBuilder("\"victim\"");
        for (int i = 0; i < 100; i++) {
            tabs.append(",\"x").append(i).append('"');
        }

        FakeClient many = fixture.client().hello("\"tabs\":[" + tabs + "]");

        assertThat(many.nextError().getString("code")).isEqualTo("too_many");
        assertThat(fixture.context.lines.findByTab("victim")).isPresent().isNotEqualTo(fixture.context.lines.findByTab("x0"));
    }

    @ParameterizedTest
    @CsvSource({"'', good:ann", "good:ann, good:bob"})
    void browserInWhichAnotherUserLogsInGetsANewLineWhoseTabsWorkAtOnce(String before, String now) {
        String tabs = "\"tabs\":[\"tab-1\"]";
        FakeClient first = fixture.client().hello(tabs + token(before));
        first.connection.onClose(1006);

        FakeClient next = fixture.client().resume(first, tabs + token(now)).send(request("tab-1"));

        assertThat(welcome(next).getBoolean("resumed")).isFalse();
        assertThat(next.next(frame -> frame.getInt("re", 0) == 1)).containsKey("value");
        assertThat(next.received()).noneMatch(FakeClient::isError);
        await().until(() -> fixture.lines() == 1);
    }

    @Test
    void lineOfABrowserThatHasLoggedOutEndsWithAReasonOfItsOwn() {
        logsOut(false);
        logsOut(true);
    }

    private void logsOut(boolean userRequired) {
        rules(true, userRequired);
        FakeClient first = fixture.client().hello("\"tabs\":[\"tab-1\"],\"token\":\"good:ann\"");
        FakeClient invalid = fixture.client();
        invalid.send(resuming(first, "\"token\":\"bad\""));
        assertThat(invalid.closeCode()).isEqualTo(CloseCode.NOT_AUTHENTICATED);
        assertThat(fixture.lines()).isEqualTo(1);

        FakeClient loggedOut = fixture.client();
        loggedOut.send(resuming(first, "\"tabs\":[]"));

        assertThat(loggedOut.closeCode()).isEqualTo(CloseCode.LOGIN_ENDED);
        assertThat(loggedOut.closeReason()).isEqualTo("the login has ended");
        assertThat(fixture.context.lines.findByTab("tab-1")).as("the tab is free at once").isEmpty();
        await().until(() -> fixture.lines() == 0);
    }

    private static String resuming(FakeClient former, String members) {
        JsonObject welcome = welcome(former);
        return "{\"type\":\"$hello\",\"v\":1,\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\"," + members + "}";
    }

    private static String token(String token) {
        return token.isEmpty() ? "" : ",\"token\":\"" + token + "\"";
    }

    private static String request(String tab) {
        return "{\"type\":\"hi\",\"from\":\"" + tab + "\",\"id\":1,\"value\":1}";
    }

    @Test
    void tokenNamesTheUserOfTheLine() {
        assertThat(welcome(fixture.client().hello("\"token\":\"good:ann\"")).getString("user")).isEqualTo("ann");
    }
}
