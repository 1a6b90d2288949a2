package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.BareClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The post's wire, exactly, for a client that nobody here wrote. */
@Timeout(60)
class PlainClientIT {

    private static PartylineServer server;

    @BeforeAll
    static void start() {
        server = new PartylineServer(Map.of("partyline.demo.broadcast.after", "1s", "partyline.rate", "1000000", "partyline.rate.burst", "1000000"));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"from\":\"tab-1\",\"data\":\"Initial message\"}",
        "{\"data\":\"Initial message\",\"from\":\"tab-1\"}",
        "{\"type\":\"deleteFile\",\"from\":\"tab-1\",\"value\":{\"fileName\":\"a.txt\",\"deletedBy\":\"testUser\"}}",
        "{\"from\":\"tab-1\",\"id\":7}",
        "{\"from\":\"tab-1\",\"id\":\"seven\",\"re\":1,\"topic\":[],\"at\":null,\"error\":false,\"key\":{\"v\":1.50}}",
        "{\"from\":\"tab-1\",\"data\":{\"data\":{\"from\":\"tab-2\"}}}",
        "{\"from\":\"tab-1\",\"__proto__\":{\"x\":1},\"constructor\":0,\"\":\"\\u2028<script>\\\\\"}",
    })
    void anEnvelopedMessageIsAnsweredWithItsOwnMembersUntouchedAndOneMore(String inner) {
        try (BareClient client = new BareClient(server.line())) {
            client.text("{\"data\":" + inner + "}");

            assertThat(client.message()).isEqualTo(inner.substring(0, inner.length() - 1) + ",\"messageFromServer\":\"Hello tab id: tab-1\"}");
        }
    }

    @Test
    void aMemberThatTheAnswerAddsIsTheAnswers() {
        try (BareClient client = new BareClient(server.line())) {
            client.text("{\"data\":{\"from\":\"tab-1\",\"messageFromServer\":\"forged\"}}");

            assertThat(client.message()).isEqualTo("{\"from\":\"tab-1\",\"messageFromServer\":\"Hello tab id: tab-1\"}");
        }
    }

    @Test
    void aMessageOverSeveralLinesAndInSeveralPartsIsOneMessage() {
        try (BareClient client = new BareClient(server.line())) {
            client.part("{\n \"data\": {\"from\":\"tab-1\",\n", true, false);
            client.part("\"data\":\"\u00e4\ud83d\ude00", false, false);
            client.part("\"} }\n", false, true);

            assertThat(Golden.parse(client.message())).isEqualTo(Golden.parse("{\"from\":\"tab-1\",\"data\":\"\u00e4\ud83d\ude00\",\"messageFromServer\":\"Hello tab id: tab-1\"}"));
        }
    }

    @Test
    void everyLineHearsTheBroadcastOnceAndASilentOneToo() {
        try (BareClient silent = new BareClient(server.line()); BareClient talking = new BareClient(server.line())) {
            talking.text("{\"data\":{\"from\":\"tab-1\"}}");
            assertThat(talking.message()).contains("Hello");

            assertThat(talking.message()).isEqualTo("{\"broadcast\":\"A broadcast for all clients!\"}");
            assertThat(silent.message()).isEqualTo("{\"broadcast\":\"A broadcast for all clients!\"}");
        }
    }

    @Test
    void twoPlainClientsMayChooseTheSameTabAndEachIsAnsweredOnItsOwnSocket() {
        try (BareClient one = new BareClient(server.line()); BareClient other = new BareClient(server.line())) {
            one.text("{\"data\":{\"from\":\"Tab2\",\"n\":1}}");
            other.text("{\"data\":{\"from\":\"Tab2\",\"n\":2}}");

            assertThat(one.message()).contains("\"n\":1");
            assertThat(other.message()).contains("\"n\":2");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"data\":{\"data\":1}}", "{\"data\":{\"from\":5}}", "{\"data\":{\"from\":\"<b>\"}}", "{\"data\":{\"from\":\"tab\\r\\nFORGED\"}}", "{\"type\":\"$join\",\"topic\":\"demo.a\"}"})
    void aFromThatIsNoneIsRefusedAndTheSocketStays(String message) {
        try (BareClient client = new BareClient(server.line())) {
            client.text(message);
            assertThat(client.message()).contains("\"bad_frame\"").doesNotContain("FORGED", "<b>");

            client.text("{\"data\":{\"from\":\"tab-1\"}}");
            assertThat(client.message()).contains("Hello tab id: tab-1");
        }
    }

    @Test
    void eightThreadsThatSendToOneSessionLoseNothingAndKeepTheirOrder() {
        int threads = 8;
        int each = 200;
        try (BareClient client = new BareClient(server.line())) {
            List<Thread> senders = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                String tab = "tab-" + t;
                Thread sender = new Thread(() -> {
                    for (int i = 0; i < each; i++) {
                        synchronized (client) {
                            client.text("{\"data\":{\"from\":\"" + tab + "\",\"n\":" + i + "}}");
                        }
                    }
                });
                senders.add(sender);
                sender.start();
            }
            Map<String, Integer> heard = new HashMap<>();
            int broadcasts = 0;
            for (int i = 0; i < threads * each + broadcasts; i++) {
                var answer = Golden.parse(client.message());
                if (answer.containsKey("broadcast")) {
                    broadcasts++;
                } else {
                    assertThat(answer.getInt("n")).isEqualTo(heard.merge(answer.getString("from"), 1, Integer::sum) - 1);
                }
            }

            assertThat(heard).hasSize(threads).allSatisfy((tab, count) -> assertThat(count).isEqualTo(each));
        }
    }
}
