package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.handler.KeyedExecutor;
import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The limits that a client can reach, each set low. What one message may be is in {@link BadInputIT}, time without a word in {@link PlainClientIT}, how much is kept
 * for whoever does not read in {@link MemoryLimitsIT}, and what other programs may ask in {@link ApiIT}.
 */
@Timeout(60)
class LimitsIT {

    private static PlainClient line(PartylineServer server, String members) {
        PlainClient client = new PlainClient(server.line());
        client.hello(members);
        return client;
    }

    private static String codeOf(JsonObject frame) {
        return frame.getJsonObject("error").getString("code");
    }

    private static void hi(PlainClient client, String tab, int id) {
        client.send("{\"type\":\"hi\",\"from\":\"" + tab + "\",\"id\":" + id + "}");
    }

    @Test
    void oneTabTooManyIsRefusedHoweverItIsNamed() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.tabs", "2")); PlainClient client = line(server, "\"tabs\":[\"l-1\",\"l-2\",\"l-3\"]")) {
            assertThat(codeOf(client.next())).isEqualTo("too_many");
            hi(client, "l-3", 1);
            assertThat(codeOf(client.reply(1))).isEqualTo("too_many");
            client.send("{\"type\":\"$tab\",\"from\":\"l-4\",\"state\":\"open\"}");
            assertThat(codeOf(client.next())).isEqualTo("too_many");
            client.send("{\"type\":\"$tab\",\"from\":\"l-2\",\"state\":\"gone\"}", "{\"type\":\"$tab\",\"from\":\"l-4\",\"state\":\"open\"}");
            hi(client, "l-4", 2);
            assertThat(client.reply(2)).containsKey("value");
            assertThat(Metrics.of(server).get("partyline_limit_hits_total{limit=\"partyline.tabs\"}")).isEqualTo(3);
        }
    }

    /** It was counted by a line, or a user: the log tells from where. */
    @Test
    void limitIsLoggedOnceAMinuteWithLineUserAndAddress() {
        Map<String, String> settings = Map.of("partyline.tabs", "2", "partyline.lines.per.user", "1", "partyline.rate", "1", "partyline.rate.burst", "1");
        try (LogCapture log = new LogCapture(); TestApplication application = new TestApplication(settings);
             PlainClient client = new PlainClient(application.line()); PlainClient again = new PlainClient(application.line())) {
            String line = client.hello("\"token\":\"good:kim\",\"tabs\":[\"l-5\",\"l-6\",\"l-7\",\"l-8\"]").getString("line");
            again.send("{\"type\":\"$hello\",\"v\":1,\"token\":\"good:kim\"}");
            assertThat(again.closeCode()).isEqualTo(4504);
            client.send("{\"type\":\"who\",\"from\":\"l-5\",\"id\":1}", "{\"type\":\"who\",\"from\":\"l-5\",\"id\":2}");
            assertThat(client.reply(2).getJsonObject("error").getString("code")).isEqualTo("rate_limited");

            assertThat(log.messages(Level.INFO).stream().filter(message -> message.startsWith("limit reached"))).containsExactlyInAnyOrder(
                "limit reached: partyline.rate, by line " + line + " at 127.0.0.1, user kim; 1 times since the last message about it",
                "limit reached: partyline.tabs, by line " + line + " at 127.0.0.1, user kim; 1 times since the last message about it",
                "limit reached: partyline.lines.per.user, by 127.0.0.1, user kim; 1 times since the last message about it");
        }
    }

    @Test
    void oneTopicTooManyIsRefusedUntilOneIsLeft() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.topics", "2")); PlainClient client = new PlainClient(server.line())) {
            JsonObject topics = client.hello("\"topics\":{\"demo.1\":null,\"demo.2\":null,\"demo.3\":null}").getJsonObject("topics");
            Map<Boolean, List<String>> refused = Stream.of("demo.1", "demo.2", "demo.3")
                .collect(Collectors.partitioningBy(topic -> topics.getJsonObject(topic).containsKey("error")));
            assertThat(refused.get(true)).hasSize(1).allSatisfy(topic -> assertThat(codeOf(topics.getJsonObject(topic))).isEqualTo("too_many"));
            String join = "{\"type\":\"$join\",\"topic\":\"" + refused.get(true).get(0) + "\",\"id\":";
            client.send(join + "1}", "{\"type\":\"$leave\",\"topic\":\"" + refused.get(false).get(0) + "\",\"id\":2}", join + "3}");
            assertThat(codeOf(client.reply(1))).isEqualTo("too_many");
            assertThat(client.reply(3)).containsKey("value");
        }
    }

    /** A client names them for their position, and must not lose one that it has for it. */
    @Test
    void topicsThatALineIsInByItselfDoNotCount() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.topics", "2")); PlainClient client = new PlainClient(server.line())) {
            JsonObject topics = client.hello("\"topics\":{\"demo.1\":null,\"demo.2\":null,\"*\":null}").getJsonObject("topics");

            assertThat(topics.keySet()).containsExactlyInAnyOrder("demo.1", "demo.2", "*");
            assertThat(topics.values()).allSatisfy(topic -> assertThat(topic.asJsonObject()).containsKey("at"));
        }
    }

    @Test
    void linesOfAnAddressAreCountedAndHeldOnesMakeRoom() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.lines.per.address", "2"));
             PlainClient one = line(server, ""); PlainClient two = line(server, ""); PlainClient three = new PlainClient(server.line())) {
            three.send("{\"type\":\"$hello\",\"v\":1}");
            assertThat(three.closeCode()).isEqualTo(4504);

            one.drop();
            await().until(() -> Metrics.of(server).get("partyline_lines_held") == 1);
            try (PlainClient four = new PlainClient(server.line())) {
                assertThat(four.hello("").getBoolean("resumed")).isFalse();
                assertThat(two.isOpen()).isTrue();
            }
        }
    }

    @Test
    void linesOfAUserAreCounted() {
        try (TestApplication application = new TestApplication(Map.of("partyline.lines.per.user", "1")); PlainClient one = new PlainClient(application.line());
             PlainClient two = new PlainClient(application.line()); PlainClient other = new PlainClient(application.line())) {
            one.hello("\"token\":\"good:ann\"");
            two.send("{\"type\":\"$hello\",\"v\":1,\"token\":\"good:ann\"}");

            assertThat(two.closeCode()).isEqualTo(4504);
            assertThat(other.hello("\"token\":\"good:bob\"").getString("user")).isEqualTo("bob");
        }
    }

    @Test
    void linesOfTheServerAreCounted() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.lines", "1")); PlainClient one = line(server, ""); PlainClient two = new PlainClient(server.line())) {
            two.send("{\"type\":\"$hello\",\"v\":1}");

            assertThat(two.closeCode()).isEqualTo(4006);
            assertThat(one.isOpen()).isTrue();
        }
    }

    @Test
    void heldLinesAreCountedAndTheOldestMakesRoom() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.held.lines", "1"));
             PlainClient one = new PlainClient(server.line()); PlainClient two = new PlainClient(server.line())) {
            JsonObject first = one.hello("");
            JsonObject second = two.hello("");
            one.drop();
            await().until(() -> Metrics.of(server).get("partyline_lines_held") == 1);
            two.drop();
            await().until(() -> Metrics.of(server).get("partyline_lines") == 1);

            try (PlainClient back = new PlainClient(server.line()); PlainClient back2 = new PlainClient(server.line())) {
                assertThat(back.resume(first, 0, "").getBoolean("resumed")).isFalse();
                assertThat(back2.resume(second, 0, "").getBoolean("resumed")).isTrue();
            }
        }
    }

    @Test
    void whoSendsFasterThanTheRateIsToldAndWhoGoesOnIsClosed() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.rate", "1", "partyline.rate.burst", "5")); PlainClient client = line(server, "\"tabs\":[\"l-5\"]")) {
            IntStream.rangeClosed(1, 6).forEach(id -> hi(client, "l-5", id));
            assertThat(client.reply(5)).containsKey("value");
            JsonObject over = client.reply(6);
            assertThat(codeOf(over)).isEqualTo("rate_limited");
            assertThat(over.getJsonObject("error").getBoolean("retryable")).isTrue();

            IntStream.rangeClosed(7, 11).forEach(id -> hi(client, "l-5", id));
            assertThat(client.closeCode()).isEqualTo(4005);
        }
    }

    @Test
    void namesMessagesNestingNumbersAndMembersAreWithinTheirSettings() {
        Map<String, String> settings = Map.of("partyline.name.chars", "8", "partyline.message.chars", "500", "partyline.json.depth", "3", "partyline.json.number.chars", "4",
            "partyline.json.members", "6");
        String start = "{\"type\":\"hi\",\"from\":\"l-6\",\"id\":1,\"value\":";
        try (PartylineServer server = new PartylineServer(settings)) {
            for (String bad : new String[] {"{\"type\":\"hi-hi-hi-\",\"from\":\"l-6\",\"id\":1}", start + "[[[1]]]}", start + "12345}", start + "{\"a\":1,\"b\":2,\"c\":3}}"}) {
                try (PlainClient client = line(server, "")) {
                    client.send(bad);
                    assertThat(codeOf(client.reply(1))).isEqualTo("bad_frame");
                }
            }
            try (PlainClient client = line(server, "")) {
                client.send(start + "[[1234]]}");
                assertThat(client.reply(1)).containsKey("value");
                client.send(start + "\"" + "x".repeat(500) + "\"}");
                assertThat(client.closeCode()).isEqualTo(1009);
            }
        }
    }

    @Test
    void topicKeepsItsMessagesAndCharactersAndNoMore() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.log.messages", "3", "partyline.logs", "2"));
             PlainClient client = line(server, "\"tabs\":[\"l-7\"]")) {
            for (int i = 1; i <= 5; i++) {
                client.send("{\"type\":\"$publish\",\"topic\":\"demo.kept\",\"from\":\"l-7\",\"value\":" + i + "}");
            }
            client.send("{\"type\":\"$join\",\"topic\":\"demo.kept\",\"at\":[\"0\",0],\"id\":1}");
            client.reply(1);
            assertThat(client.next().getInt("value")).isEqualTo(3);
            client.send("{\"type\":\"$join\",\"topic\":\"demo.more\",\"id\":2}", "{\"type\":\"$join\",\"topic\":\"demo.evenmore\",\"id\":3}");
            assertThat(client.reply(2)).containsKey("value");
            assertThat(codeOf(client.reply(3))).isEqualTo("overloaded");
        }
    }

    @Test
    void messagesOfOneTabThatWaitForTheirHandlerAreCounted() {
        try (TestApplication application = new TestApplication(Map.of("partyline.handler.waiting.per.tab", "2")); PlainClient client = new PlainClient(application.line())) {
            client.hello("\"tabs\":[\"l-8\",\"l-9\"]");
            client.send("{\"type\":\"wait\",\"from\":\"l-8\",\"id\":1,\"value\":\"g\"}");
            await().until(() -> Metrics.of(application.port()).get("partyline_handlers_running") == 1);
            for (int id = 2; id <= 5; id++) {
                client.send("{\"type\":\"echo\",\"from\":\"l-8\",\"id\":" + id + "}");
            }
            JsonObject refused = client.next();
            assertThat(codeOf(refused)).isEqualTo("overloaded");
            client.send("{\"type\":\"release\",\"from\":\"l-9\",\"id\":6,\"value\":\"g\"}");
            assertThat(client.reply(1)).containsKey("value");
        }
    }

    private static Stream<StackTraceElement> handlerFrames() {
        return Thread.getAllStackTraces().entrySet().stream().filter(thread -> thread.getKey().getName().startsWith("partyline-handler-")).flatMap(thread -> Stream.of(thread.getValue()));
    }

    @Test
    void tabsWhoseMessagesWaitForAThreadAreCounted() {
        Map<String, String> settings = Map.of("partyline.handler.threads", "1", "partyline.handler.waiting", "1");
        try (TestApplication application = new TestApplication(settings); PlainClient client = new PlainClient(application.line())) {
            client.hello("\"tabs\":[\"l-10\",\"l-11\",\"l-12\"]");
            // The events of the hello take the same thread and the same place.
            await().until(() -> handlerFrames().noneMatch(frame -> frame.getClassName().startsWith(KeyedExecutor.class.getName())));
            client.send(waits("l-10", 1));
            await().untilAsserted(() -> assertThat(startedWaits(application)).isEqualTo(1));
            client.send(waits("l-11", 2), waits("l-12", 3));

            JsonObject refused = client.next();
            assertThat(refused.getInt("re")).isEqualTo(3);
            assertThat(codeOf(refused)).isEqualTo("overloaded");
            assertThat(refused.getJsonObject("error").getBoolean("retryable")).isTrue();
        }
    }

    private static String waits(String tab, int id) {
        return "{\"type\":\"wait\",\"from\":\"" + tab + "\",\"id\":" + id + ",\"value\":\"for ever\"}";
    }

    /** In this JVM there is no other server meanwhile. */
    private static long startedWaits(TestApplication application) {
        assertThat(Metrics.of(application.port())).containsKey("partyline_handlers_running");
        return Thread.getAllStackTraces().entrySet().stream()
            .filter(thread -> thread.getKey().getName().startsWith("partyline-handler-"))
            .filter(thread -> Stream.of(thread.getValue()).anyMatch(frame -> frame.getClassName().startsWith("dev.partyline.sample.")))
            .count();
    }

    @Test
    void noMoreHandlersRunAtATimeThanThereAreThreads() {
        Map<String, String> settings = Map.of("partyline.handler.threads", "2", "partyline.handler.threads.per.line", "2", "partyline.handler.within", "1s");
        try (TestApplication application = new TestApplication(settings); PlainClient client = new PlainClient(application.line());
             PlainClient other = new PlainClient(application.line())) {
            other.hello("");
            client.hello("\"tabs\":[\"l-13\",\"l-14\",\"l-15\"]");
            client.send(waits("l-13", 1).replace("wait", "stubborn"), waits("l-14", 2).replace("wait", "stubborn"));
            await().untilAsserted(() -> assertThat(startedWaits(application)).isEqualTo(2));

            client.send("{\"type\":\"echo\",\"from\":\"l-15\",\"id\":3,\"value\":1}");

            assertThat(codeOf(client.reply(3))).as("it never had its turn").isEqualTo("timeout");
            await().untilAsserted(() -> {
                other.send("{\"type\":\"release\",\"from\":\"l-16\",\"value\":\"for ever\"}");
                assertThat(startedWaits(application)).isZero();
            });
        }
    }

    @Test
    void linesOfAUserTakeNoMoreThanTheirShareOfTheHandlerThreads() {
        Map<String, String> settings = Map.of("partyline.handler.threads", "3", "partyline.handler.threads.per.line", "1", "partyline.handler.threads.per.user", "2");
        try (TestApplication application = new TestApplication(settings); PlainClient one = new PlainClient(application.line()); PlainClient two = new PlainClient(application.line());
             PlainClient three = new PlainClient(application.line()); PlainClient bob = new PlainClient(application.line())) {
            int tab = 20;
            for (PlainClient line : List.of(one, two, three)) {
                line.hello("\"tabs\":[\"l-" + ++tab + "\"],\"token\":\"good:ann\"");
                line.send(waits("l-" + tab, 1));
            }
            await().untilAsserted(() -> assertThat(startedWaits(application)).isEqualTo(2));
            bob.hello("\"tabs\":[\"l-24\"],\"token\":\"good:bob\"");
            bob.send("{\"type\":\"echo\",\"from\":\"l-24\",\"id\":1,\"value\":1}");

            assertThat(bob.reply(1)).containsKey("value");
            assertThat(startedWaits(application)).as("of three lines of one user").isEqualTo(2);
            bob.send("{\"type\":\"release\",\"from\":\"l-24\",\"id\":2,\"value\":\"for ever\"}");
            for (PlainClient line : List.of(one, two, three)) {
                assertThat(line.reply(1)).containsKey("value");
            }
        }
    }

    @Test
    void thereAreAsManyEventLoopsAsAreSet() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.event.loops", "3")); PlainClient client = line(server, "\"tabs\":[\"l-16\"]")) {
            hi(client, "l-16", 1);
            assertThat(client.reply(1)).containsKey("value");
            assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.startsWith("partyline-event-loop-")))
                .containsExactlyInAnyOrder("partyline-event-loop-0", "partyline-event-loop-1", "partyline-event-loop-2");
        }
    }

    @Test
    void whereClientsMustSayHelloThoseThatDoNotAreSentAway() {
        try (PartylineServer server = new PartylineServer(Map.of("partyline.plain.clients", "false", "partyline.hello.within", "500ms"));
             PlainClient plain = new PlainClient(server.line()); PlainClient silent = new PlainClient(server.line()); PlainClient polite = line(server, "")) {
            plain.send("{\"data\":{\"from\":\"tab-1\",\"data\":\"Initial message\"}}");

            assertThat(plain.closeCode()).isEqualTo(4506);
            assertThat(silent.closeCode()).isEqualTo(4506);
            assertThat(polite.isOpen()).isTrue();
        }
    }
}
