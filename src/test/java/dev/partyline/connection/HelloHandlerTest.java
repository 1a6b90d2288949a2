package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.CloseCode;
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
    void helloWithoutTheRightVersionOrUserIsRejected(String members, CloseCode code) {
        rules(true, true);
        FakeClient client = fixture.client().send("{\"type\":\"$hello\"," + members + "}");

        assertThat(client.closeCode()).isEqualTo(code);
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
        FakeClient first = fixture.client().hello("\"tabs\":[\"t\"]");
        first.send("{\"type\":\"$ack\",\"bytes\":1,\"inbox\":0}");

        FakeClient second = fixture.client().hello("\"tabs\":[\"t\",\"u\"]");

        assertThat(second.nextError().getString("code")).isEqualTo("too_many");
        assertThat(fixture.context.lines.findByTab("t")).isNotEqualTo(fixture.context.lines.findByTab("u"));
        assertThat(fixture.context.lines.findByTab("u")).isPresent();
    }

    @Test
    void tokenNamesTheUserOfTheLine() {
        assertThat(welcome(fixture.client().hello("\"token\":\"good:ann\"")).getString("user")).isEqualTo("ann");
    }
}
