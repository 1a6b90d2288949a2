package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How many topics one client may create, and that no client learns too late that it is not in one. */
@Timeout(60)
class TopicSharesIT {

    private static String topics(String prefix, int count) {
        return "\"topics\":{" + IntStream.range(0, count).mapToObj(i -> "\"" + prefix + i + "\":null").collect(Collectors.joining(",")) + "}";
    }

    private static long joined(JsonObject welcome, String prefix) {
        JsonObject topics = welcome.getJsonObject("topics");
        return topics.keySet().stream().filter(topic -> topic.startsWith(prefix) && topics.getJsonObject(topic).containsKey("at")).count();
    }

    @Test
    void topicsThatAVisitorNamedAreGoneWithTheVisitor() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.logs", "100"))) {
            for (int i = 0; i < 30; i++) {
                try (PlainClient visitor = new PlainClient(server.line())) {
                    assertThat(joined(visitor.hello(topics("demo." + i + ".", 100)), "demo.")).isPositive();
                    visitor.send("{\"type\":\"$bye\"}");
                    assertThat(visitor.closeCode()).isEqualTo(1000);
                }
            }

            await().untilAsserted(() -> assertThat(Metrics.of(server).get("partyline_topics")).isZero());
            try (PlainClient next = new PlainClient(server.line())) {
                assertThat(joined(next.hello(topics("demo.chat", 1)), "demo.")).isEqualTo(1);
            }
        }
    }

    @Test
    void aLineAndAnAddressCreateNoMoreThanTheirShareAndOthersGoOn() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.logs.per.line", "10", "partyline.logs.per.address", "15"));
             PlainClient one = new PlainClient(server.line()); PlainClient two = new PlainClient(server.line()); PlainClient three = new PlainClient(server.line())) {
            JsonObject welcome = one.hello(topics("demo.one.", 20));
            assertThat(joined(welcome, "demo.one.")).isEqualTo(10);
            assertThat(welcome.getJsonObject("topics")).as("all are told").hasSize(21);
            assertThat(joined(two.hello(topics("demo.two.", 20)), "demo.two.")).isEqualTo(5);
            assertThat(joined(three.hello(topics("demo.one.", 20)), "demo.one.")).as("topics that exist").isEqualTo(10);

            two.send("{\"type\":\"$publish\",\"topic\":\"demo.more\",\"from\":\"s-1\",\"id\":1,\"value\":1}");
            assertThat(two.reply(1).getJsonObject("error").getString("code")).isEqualTo("overloaded");
            Map<String, Double> metrics = Metrics.of(server);
            assertThat(metrics.get("partyline_limit_hits_total{limit=\"partyline.logs.per.line\"}")).isEqualTo(10);
            assertThat(metrics.get("partyline_limit_hits_total{limit=\"partyline.logs.per.address\"}")).isGreaterThan(15);
        }
    }

    @Test
    void userHearsWhatIsSentToTheUserThoughTheServerIsFull() {
        try (TestApplication application = new TestApplication(Map.of("partyline.logs", "5", "partyline.api.key", Api.KEY)); PlainClient visitor = new PlainClient(application.line());
             PlainClient ann = new PlainClient(application.line())) {
            visitor.hello(topics("open.", 20));
            JsonObject welcome = ann.hello("\"tabs\":[\"s-2\"],\"token\":\"good:ann\",\"topics\":{\"open.late\":null}");
            assertThat(welcome.getJsonObject("topics").getJsonObject("@user:ann")).containsKey("at");
            assertThat(welcome.getJsonObject("topics").getJsonObject("open.late")).containsKey("error");

            new Api(application.port()).post("/api/users/ann", "{\"type\":\"note\",\"value\":7}");
            assertThat(ann.next("note").getInt("value")).isEqualTo(7);
        }
    }
}
