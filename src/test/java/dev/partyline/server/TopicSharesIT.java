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
        Map<String, String> settings = Map.of("partyline.topics", "4", "partyline.logs.per.line", "10", "partyline.logs.per.address", "15");
        try (PartylineServer server = new PartylineServer(settings); PlainClient one = new PlainClient(server.line()); PlainClient two = new PlainClient(server.line());
             PlainClient three = new PlainClient(server.line())) {
            one.hello("\"tabs\":[\"s-1\"]");
            two.hello("\"tabs\":[\"s-2\"]");
            assertThat(published(one, "s-1", "demo.one.", 12)).as("per line").isEqualTo(10);
            assertThat(published(two, "s-2", "demo.two.", 12)).as("per address").isEqualTo(5);
            JsonObject welcome = three.hello("\"topics\":{\"demo.one.1\":null,\"demo.three\":null}");
            assertThat(welcome.getJsonObject("topics").getJsonObject("demo.one.1")).as("a topic that exists").containsKey("at");
            assertThat(welcome.getJsonObject("topics").getJsonObject("demo.three")).as("a topic over the share").containsKey("error");
            Map<String, Double> metrics = Metrics.of(server);
            assertThat(metrics.get("partyline_limit_hits_total{limit=\"partyline.logs.per.line\"}")).isEqualTo(2);
            assertThat(metrics.get("partyline_limit_hits_total{limit=\"partyline.logs.per.address\"}")).isEqualTo(8);
        }
    }

    @Test
    void aUserCreatesNoMoreThanTheShareOnHoweverManyLines() {
        Map<String, String> settings = Map.of("partyline.topics", "4", "partyline.logs.per.line", "10", "partyline.logs.per.user", "15");
        try (TestApplication application = new TestApplication(settings); PlainClient one = new PlainClient(application.line());
             PlainClient two = new PlainClient(application.line()); PlainClient bob = new PlainClient(application.line())) {
            one.hello("\"tabs\":[\"s-4\"],\"token\":\"good:ann\"");
            two.hello("\"tabs\":[\"s-5\"],\"token\":\"good:ann\"");
            bob.hello("\"tabs\":[\"s-6\"],\"token\":\"good:bob\"");
            assertThat(published(one, "s-4", "open.one.", 10)).isEqualTo(10);
            assertThat(published(two, "s-5", "open.two.", 10)).isEqualTo(5);
            assertThat(published(bob, "s-6", "open.bob.", 10)).as("another user").isEqualTo(10);
            assertThat(Metrics.of(application.port()).get("partyline_limit_hits_total{limit=\"partyline.logs.per.user\"}")).isEqualTo(5);
        }
    }

    /** How many of so many topics could be published to. */
    private static long published(PlainClient client, String tab, String prefix, int count) {
        IntStream.rangeClosed(1, count).forEach(id -> client.send("{\"type\":\"$publish\",\"topic\":\"" + prefix + id + "\",\"from\":\"" + tab + "\",\"id\":" + id + ",\"value\":1}"));
        return IntStream.rangeClosed(1, count).filter(id -> client.reply(id).containsKey("value")).count();
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
