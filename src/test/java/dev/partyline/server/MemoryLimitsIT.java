package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How much the server keeps for those that do not read, come late or are away: each limit set low. */
@Timeout(60)
class MemoryLimitsIT {

    private static final String FROM_THE_BEGINNING = "[\"0\",0]";

    private static TestApplication application(String... settings) {
        Map<String, String> all = new HashMap<>(Map.of("partyline.api.key", Api.KEY));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return new TestApplication(all);
    }

    private static PlainClient line(TestApplication application, String members) {
        PlainClient client = new PlainClient(application.line());
        client.hello(members);
        return client;
    }

    /** Publishes the numbers from 1, each in a frame of somewhat more than so many characters. */
    private static void publish(Api api, String topic, int count, int chars) {
        String pad = "x".repeat(chars);
        api.post("/api/topics/" + topic, IntStream.rangeClosed(1, count).mapToObj(i -> "{\"value\":[" + i + ",\"" + pad + "\"]}").collect(Collectors.joining(",", "[", "]")));
    }

    private static int number(JsonObject frame) {
        return frame.getJsonArray("value").getInt(0);
    }

    @Test
    void noMoreIsUnderWayToAClientThanItsWindowUntilItAcknowledges() {
        int window = 2000;
        try (TestApplication application = application("partyline.window.chars", "" + window, "partyline.batch.chars", "1", "partyline.send.within", "30s");
             PlainClient reader = line(application, "\"tabs\":[\"m-1\"],\"topics\":{\"open.window\":null}")) {
            Api api = new Api(application.port());
            reader.ack(0);
            publish(api, "open.window", 1, 300);
            int length = reader.nextText().length();
            reader.ack(0);
            int fits = (window + length - 1) / length;
            publish(api, "open.window", 3 * fits, 300);

            for (int round = 1; round <= 3; round++) {
                int sent = round * fits;
                await().until(() -> reader.waiting() >= fits);
                assertThat(reader.waiting()).as("without a word from it").isEqualTo(fits);
                IntStream.rangeClosed(sent - fits + 1, sent).forEach(i -> assertThat(number(reader.next())).isEqualTo(i));
                reader.ack(0);
            }
        }
    }

    @Test
    void whatGoesOutTogetherIsNoLongerThanABatch() {
        int batch = 1000;
        try (TestApplication application = application("partyline.batch.chars", "" + batch); PlainClient reader = new PlainClient(application.line())) {
            publish(new Api(application.port()), "open.batches", 20, 300);
            reader.send("{\"type\":\"$hello\",\"v\":1,\"topics\":{\"open.batches\":" + FROM_THE_BEGINNING + "}}");

            int frames = 0;
            int most = 0;
            while (frames < 21) {
                String message = reader.nextMessage();
                List<String> together = message.lines().toList();
                assertThat(message.length()).isLessThanOrEqualTo(batch);
                frames += together.size();
                most = Math.max(most, together.size());
            }
            assertThat(most).as("frames in one WebSocket message").isEqualTo(2);
        }
    }

    @Test
    void topicKeepsNoMoreCharactersThanItMay() {
        try (TestApplication application = application("partyline.log.chars", "1000")) {
            publish(new Api(application.port()), "open.chars", 10, 300);
            try (PlainClient late = line(application, "\"topics\":{\"open.chars\":" + FROM_THE_BEGINNING + "}")) {
                assertThat(number(late.next())).isEqualTo(9);
                assertThat(number(late.next())).isEqualTo(10);
            }
        }
    }

    @Test
    void topicKeepsAMessageNoLongerThanItsAge() {
        try (TestApplication application = application("partyline.log.age", "1s"); PlainClient client = line(application, "\"tabs\":[\"m-2\"]")) {
            publish(new Api(application.port()), "open.age", 3, 1);
            AtomicInteger id = new AtomicInteger();

            await().untilAsserted(() -> {
                client.send("{\"type\":\"$join\",\"topic\":\"open.age\",\"at\":" + FROM_THE_BEGINNING + ",\"id\":" + id.incrementAndGet() + "}");
                assertThat(client.reply(id.get()).getJsonObject("value").getJsonArray("at").getInt(1)).as("where what is kept begins").isEqualTo(3);
            });
        }
    }

    @Test
    void keyOfAPublishIsForgottenInTime() {
        try (TestApplication application = application("partyline.key.memory", "1s")) {
            Api api = new Api(application.port());
            String keyed = "{\"value\":1,\"key\":\"k\"}";
            assertThat(api.post("/api/topics/open.keys", keyed).offset(0)).isEqualTo(1);

            await().untilAsserted(() -> assertThat(api.post("/api/topics/open.keys", keyed).offset(0)).isEqualTo(2));
        }
    }

    @Test
    void inboxOfALineThatIsAwayKeepsTheLatestMessages() {
        assertThat(heardOnReturn(5, 10, "partyline.inbox.messages", "3")).containsExactly(3, 4, 5);
    }

    @Test
    void inboxOfALineThatIsAwayKeepsNoMoreCharactersThanItMay() {
        assertThat(heardOnReturn(5, 400, "partyline.inbox.chars", "1000")).containsExactly(4, 5);
    }

    /** What a line hears of so many messages that came for its tab while it was away; that some are lost is told by where its inbox goes on. */
    private static List<Integer> heardOnReturn(int count, int chars, String... settings) {
        try (TestApplication application = application(settings); PlainClient first = new PlainClient(application.line())) {
            JsonObject welcome = first.hello("\"tabs\":[\"m-3\"]");
            leave(application, first, 1);
            tell(application, "m-3", count, chars);
            try (PlainClient back = new PlainClient(application.line())) {
                JsonObject resumed = back.resume(welcome, 0, "\"tabs\":[\"m-3\"]");
                assertThat(resumed.getBoolean("resumed")).isTrue();
                return IntStream.range(0, count - resumed.getInt("inbox")).mapToObj(i -> number(back.next())).toList();
            }
        }
    }

    private static void leave(TestApplication application, PlainClient client, int held) {
        client.drop();
        Api api = new Api(application.port());
        await().until(() -> api.get("/api/lines").json().getJsonArray("lines").getValuesAs(JsonObject.class).stream().filter(line -> line.getBoolean("held")).count() == held);
    }

    private static void tell(TestApplication application, String tab, int count, int chars) {
        String pad = "x".repeat(chars);
        new Api(application.port()).post("/api/tabs/" + tab, IntStream.rangeClosed(1, count)
            .mapToObj(i -> "{\"type\":\"note\",\"value\":[" + i + ",\"" + pad + "\"]}").collect(Collectors.joining(",", "[", "]")));
    }

    @Test
    void replyThatNoInboxCouldHoldIsRefusedAndSaysSo() {
        try (TestApplication application = application("partyline.inbox.chars", "1000"); PlainClient client = line(application, "\"tabs\":[\"m-4\"]")) {
            client.send("{\"type\":\"echo\",\"from\":\"m-4\",\"id\":1,\"value\":\"" + "x".repeat(900) + "\"}", "{\"type\":\"echo\",\"from\":\"m-4\",\"id\":2,\"value\":\"" + "x".repeat(1000) + "\"}");

            assertThat(client.reply(1)).containsKey("value");
            assertThat(client.reply(2).getJsonObject("error").getString("code")).isEqualTo("too_large");
        }
    }

    @Test
    void lineThatIsAwayWithoutMessagesOutlastsThoseThatFillTheMemory() {
        try (TestApplication application = application("partyline.held.chars", "1000");
             PlainClient empty = line(application, "\"tabs\":[\"m-7\"]"); PlainClient full = line(application, "\"tabs\":[\"m-8\"]")) {
            leave(application, empty, 1);
            leave(application, full, 2);
            tell(application, "m-8", 3, 600);

            Api api = new Api(application.port());
            await().untilAsserted(() -> assertThat(api.get("/api/lines").json().getInt("total")).isEqualTo(1));
            assertThat(api.get("/api/tabs/m-7").json().getJsonArray("lines").getJsonObject(0).getBoolean("held")).isTrue();
        }
    }

    /** The newest message of a state topic is not trimmed for lack of memory, but it expires. */
    @Test
    void messagesAreOverloadedWhileTheMemoryIsFullAndServedAgainAfterwards() {
        try (LogCapture log = new LogCapture(); TestApplication application = application("partyline.memory.percent", "1");
             PlainClient client = line(application, "\"tabs\":[\"m-9\"]")) {
            Api api = new Api(application.port());
            String state = "{\"value\":\"" + "\u044f".repeat(900_000) + "\"}";
            int topics = 0;
            while (api.post("/api/topics/open.state." + topics, state).status() == 200) {
                topics++;
            }
            Map<String, Double> full = Metrics.of(application.port());
            publish(client, 1);
            echo(client, 2);

            assertThat(topics).isPositive();
            for (int id = 1; id <= 2; id++) {
                JsonObject error = client.reply(id).getJsonObject("error");
                assertThat(error.getString("code")).isEqualTo("overloaded");
                assertThat(error.getString("message")).contains("memory");
                assertThat(error.getBoolean("retryable")).isTrue();
            }
            assertThat(full.get("partyline_retained_bytes")).isGreaterThanOrEqualTo(full.get("partyline_retained_max_bytes"));
            assertThat(Metrics.of(application.port()).get("partyline_limit_hits_total{limit=\"partyline.memory.percent\"}")).isGreaterThanOrEqualTo(2);
            assertThat(log.messages(Level.INFO)).anyMatch(message -> message.contains("limit reached: partyline.memory.percent"));

            AtomicInteger next = new AtomicInteger(2);
            await().atMost(Duration.ofSeconds(40)).untilAsserted(() -> {
                publish(client, next.incrementAndGet());
                assertThat(client.reply(next.get())).containsKey("value");
            });
            echo(client, next.incrementAndGet());
            assertThat(client.reply(next.get())).containsKey("value");
        }
    }

    private static void publish(PlainClient client, int id) {
        client.send("{\"type\":\"$publish\",\"topic\":\"open.late\",\"from\":\"m-9\",\"id\":" + id + ",\"value\":1}");
    }

    private static void echo(PlainClient client, int id) {
        client.send("{\"type\":\"echo\",\"from\":\"m-9\",\"id\":" + id + ",\"value\":1}");
    }

    @Test
    void linesThatAreAwayKeepNoMoreCharactersTogetherThanTheyMay() {
        try (TestApplication application = application("partyline.held.chars", "1000");
             PlainClient older = line(application, "\"tabs\":[\"m-5\"]"); PlainClient younger = line(application, "\"tabs\":[\"m-6\"]")) {
            leave(application, older, 1);
            leave(application, younger, 2);
            tell(application, "m-5", 1, 600);
            tell(application, "m-6", 1, 600);

            Api api = new Api(application.port());
            await().untilAsserted(() -> assertThat(api.get("/api/lines").json().getInt("total")).isEqualTo(1));
            assertThat(api.get("/api/tabs/m-6").json().getJsonArray("lines").getJsonObject(0).getBoolean("held")).isTrue();
        }
    }
}
