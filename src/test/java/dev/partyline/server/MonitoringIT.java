package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.stream.IntStream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What those see who run a server: {@code metrics}, {@code health}, the managed bean, and what {@code status.html} is told. */
@Timeout(60)
class MonitoringIT {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Map<String, String> SETTINGS = Map.of("partyline.api.key", Api.KEY, "partyline.send.within", "500ms", "partyline.log.messages", "5",
        "partyline.window.chars", "2000", "partyline.rate", "1", "partyline.rate.burst", "60");

    private TestApplication application;

    @BeforeEach
    void start() {
        application = new TestApplication(SETTINGS);
    }

    @AfterEach
    void stop() {
        application.close();
    }

    private static HttpResponse<String> get(int port, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/partyline" + path));
        try {
            return HTTP.send((headers.length == 0 ? request : request.headers(headers)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(path + " failed", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private double figure(String name) {
        HttpResponse<String> answer = get(application.port(), "/metrics", "Authorization", "Bearer " + Api.KEY);
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).matches("text/plain; ?version=0\\.0\\.4.*");
        Double value = Exposition.read(answer.body()).get("partyline_" + name);
        assertThat(value).as(name).isNotNull();
        return value;
    }

    private void awaitFigure(String name, double value) {
        await().untilAsserted(() -> assertThat(figure(name)).as(name).isEqualTo(value));
    }

    private PlainClient line(String members) {
        PlainClient client = new PlainClient(application.line());
        client.hello(members);
        return client;
    }

    private static void echo(PlainClient client, String tab, int id) {
        client.send("{\"type\":\"echo\",\"from\":\"" + tab + "\",\"id\":" + id + ",\"value\":1}");
        client.reply(id);
    }

    @Test
    void linesTabsTopicsAndWhatIsHeldAreCounted() {
        try (PlainClient two = line("\"tabs\":[\"o-4\"]"); PlainClient one = new PlainClient(application.line())) {
            double topics = figure("topics");
            one.hello("\"tabs\":[\"o-1\",\"o-2\",\"o-3\"],\"topics\":{\"open.counted\":null}");
            assertThat(List.of(figure("lines"), figure("lines_held"), figure("tabs"), figure("tabs_per_line"))).containsExactly(2.0, 0.0, 4.0, 2.0);
            awaitFigure("topics", topics + 1);

            one.drop();
            awaitFigure("lines_held", 1);
            assertThat(figure("lines")).isEqualTo(2);
            two.send("{\"type\":\"$bye\"}");
            awaitFigure("lines", 1);
            assertThat(figure("tabs")).isEqualTo(3);
        }
    }

    @Test
    void messagesFramesAndCharactersAreCountedInAndOut() {
        try (PlainClient client = line("\"tabs\":[\"o-5\"]")) {
            double messages = figure("messages_in_total");
            double chars = figure("chars_in_total");
            double batches = figure("batches_out_total");
            double frames = figure("frames_out_total");
            double charsOut = figure("chars_out_total");
            String request = "{\"type\":\"echo\",\"from\":\"o-5\",\"id\":1,\"value\":\"é\"}";

            String reply = client.send(request).nextText();

            assertThat(figure("messages_in_total") - messages).isEqualTo(1);
            assertThat(figure("chars_in_total") - chars).isEqualTo(request.length());
            awaitFigure("batches_out_total", batches + 1);
            assertThat(figure("frames_out_total") - frames).isEqualTo(1);
            assertThat(figure("chars_out_total") - charsOut).isEqualTo(reply.length());
        }
    }

    @Test
    void framesThatGoOutTogetherAreOneBatch() {
        Api api = new Api(application.port());
        try (PlainClient client = line("\"tabs\":[\"o-6\"],\"topics\":{\"open.batch\":null}")) {
            api.post("/api/topics/open.batch", "[{\"value\":1},{\"value\":2},{\"value\":3}]");
            IntStream.rangeClosed(1, 3).forEach(i -> client.next());
            JsonObject welcome;
            double batches = figure("batches_out_total");
            double frames = figure("frames_out_total");
            try (PlainClient other = new PlainClient(application.line())) {
                welcome = other.hello("\"tabs\":[\"o-7\"],\"topics\":{\"open.batch\":[\"0\",0]}");
                IntStream.rangeClosed(1, 3).forEach(i -> other.next());
            }
            assertThat(welcome.getJsonObject("topics")).containsKey("open.batch");
            awaitFigure("frames_out_total", frames + 4);
            assertThat(figure("batches_out_total") - batches).as("the welcome and what was kept").isEqualTo(1);
        }
    }

    @Test
    void gapsAreCountedWhereverTheyAreToldAndNoneWhereAllThatIsKeptWasAskedFor() {
        Api api = new Api(application.port());
        api.post("/api/topics/open.gaps", "[" + "{\"value\":1},".repeat(9) + "{\"value\":1}]");
        double gaps = figure("gaps_total");
        try (PlainClient all = line("\"topics\":{\"open.gaps\":[\"0\",0]}"); PlainClient late = line("\"topics\":{\"open.gaps\":[\"another\",3]}")) {
            awaitFigure("gaps_total", gaps + 1);
            all.send("{\"type\":\"$join\",\"topic\":\"open.gaps\",\"at\":[\"another\",3],\"id\":1}");
            all.reply(1);
            awaitFigure("gaps_total", gaps + 2);

            // Its window is full, so that it falls off the log.
            String value = "{\"value\":\"" + "x".repeat(900) + "\"}";
            for (int i = 0; i < 10; i++) {
                api.post("/api/topics/open.gaps", value);
            }
            late.ack(0);
            late.next(frame -> frame.getString("type", "").equals("$gap"));
            assertThat(figure("gaps_total")).isGreaterThan(gaps + 2);
        }
    }

    @Test
    void readerThatDoesNotKeepUpIsCountedAsItIsClosed() {
        Api api = new Api(application.port());
        try (PlainClient deaf = line("\"tabs\":[\"o-8\"],\"topics\":{\"open.slow\":null}")) {
            for (int i = 0; i < 4; i++) {
                api.post("/api/topics/open.slow", "{\"value\":\"" + "x".repeat(900) + "\"}");
            }
            awaitFigure("slow_closes_total", 1);
            assertThat(deaf.closeCode()).isEqualTo(4001);
        }
    }

    @Test
    void whatIsWrongWithClientsIsCounted() {
        try (PlainClient client = line("\"tabs\":[\"o-9\"]"); PlainClient stranger = new PlainClient(application.line())) {
            client.send("no frame").next();
            assertThat(figure("faults_total")).isEqualTo(1);

            assertThat(figure("over_rate_total")).isZero();
            for (int i = 0; i < 70; i++) {
                client.send("{\"type\":\"echo\",\"from\":\"o-9\"}");
            }
            await().untilAsserted(() -> assertThat(figure("over_rate_total")).isPositive());

            stranger.send("{\"type\":\"$hello\",\"v\":2}");
            assertThat(stranger.closeCode()).isEqualTo(4503);
            assertThat(figure("refusals_total")).isEqualTo(1);
        }
    }

    @Test
    void handlersAreTimedByTypeAndCountedWhileTheyRun() {
        try (PlainClient client = line("\"tabs\":[\"o-10\",\"o-11\"]")) {
            echo(client, "o-10", 1);
            echo(client, "o-10", 2);
            await().untilAsserted(() -> assertThat(figure("handler_seconds_count{type=\"echo\"}")).isEqualTo(2));
            assertThat(figure("handler_seconds_sum{type=\"echo\"}")).isPositive();
            assertThat(figure("handler_seconds_bucket{type=\"echo\",le=\"+Inf\"}")).isEqualTo(2);

            client.send("{\"type\":\"wait\",\"from\":\"o-10\",\"id\":3,\"value\":\"timed\"}");
            awaitFigure("handlers_running", 1);
            client.send("{\"type\":\"release\",\"from\":\"o-11\",\"id\":4,\"value\":\"timed\"}");
            client.reply(3);
            awaitFigure("handlers_running", 0);
            assertThat(figure("handler_seconds_count{type=\"wait\"}")).isEqualTo(1);
        }
    }

    @Test
    void eventLoopsTellHowBusyTheyAreAndHowLate() {
        double iterations = figure("event_loop_iterations_total");
        double busy = figure("event_loop_busy_seconds_total");
        try (PlainClient client = line("\"tabs\":[\"o-12\"],\"topics\":{\"open.busy\":null}")) {
            new Api(application.port()).post("/api/topics/open.busy", "{\"value\":1}");
            client.next();

            assertThat(figure("event_loop_iterations_total")).isGreaterThan(iterations);
            assertThat(figure("event_loop_busy_seconds_total")).isGreaterThan(busy);
            assertThat(figure("event_loop_lag_max_seconds")).isPositive();
        }
    }

    @Test
    void metricsAreBehindTheKeyWhereOneIsSetAndThisMachinesWhereNot() {
        HttpResponse<String> refused = get(application.port(), "/metrics");
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("WWW-Authenticate").orElse("")).startsWith("Bearer");
        assertThat(refused.body()).doesNotContain("partyline_lines");
        assertThat(get(application.port(), "/metrics", "Authorization", "Bearer wrong").statusCode()).isEqualTo(401);
        assertThat(get(application.port(), "/metrics", "Authorization", "Bearer " + Api.KEY).statusCode()).isEqualTo(200);

        try (PartylineServer open = new PartylineServer()) {
            assertThat(Exposition.read(get(open.port(), "/metrics").body())).containsEntry("partyline_lines", 0.0);
            for (String header : List.of("X-Forwarded-For", "Forwarded", "X-Real-IP")) {
                HttpResponse<String> proxied = get(open.port(), "/metrics", header, "127.0.0.1");
                assertThat(proxied.statusCode()).as(header).isEqualTo(403);
                assertThat(proxied.body()).contains("partyline.metrics.public").doesNotContain("partyline_lines");
            }
        }
    }

    /** DNS rebinding makes the browser of this machine ask in the name of a foreign page. */
    @Test
    void metricsAreNotThisMachinesUnderAForeignName() throws IOException {
        try (PartylineServer open = new PartylineServer()) {
            assertThat(head(open.port(), "evil.example:" + open.port())).startsWith("HTTP/1.1 403 ");
            assertThat(head(open.port(), "localhost:" + open.port())).startsWith("HTTP/1.1 200 ");
        }
    }

    private static String head(int port, String host) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(("GET /partyline/metrics HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void settingOpensMetricsAndStatusToEveryoneWithOrWithoutAKey() {
        Map<String, String> settings = Map.of("partyline.metrics.public", "true", "partyline.api.key", Api.KEY);
        try (PartylineServer open = new PartylineServer(settings); PlainClient client = new PlainClient(open.line())) {
            assertThat(get(open.port(), "/metrics", "X-Forwarded-For", "203.0.113.7").statusCode()).isEqualTo(200);
            assertThat(get(open.port(), "/api/lines").statusCode()).as("not the API").isEqualTo(401);
            client.hello("\"tabs\":[\"o-20\"]");
            assertThat(client.send("{\"type\":\"partyline.status\",\"from\":\"o-20\",\"id\":1}").reply(1).getJsonObject("value").getInt("tabs")).isEqualTo(1);
        }
    }

    @Test
    void guessesOfTheKeyAreLimitedWhereverItIsAskedFor() {
        try (TestApplication guessed = new TestApplication(Map.of("partyline.api.key", Api.KEY, "partyline.api.key.guesses", "3"));
             PlainClient client = new PlainClient(guessed.line()); LogCapture log = new LogCapture()) {
            client.hello("\"tabs\":[\"o-21\"]");
            String ask = "{\"type\":\"partyline.status\",\"from\":\"o-21\",\"value\":{\"key\":\"%s\"},\"id\":";
            assertThat(get(guessed.port(), "/api/lines", "Authorization", "Bearer a").statusCode()).isEqualTo(401);
            assertThat(get(guessed.port(), "/metrics", "Authorization", "Bearer b").statusCode()).isEqualTo(401);
            assertThat(client.send(ask.formatted("c") + "1}").reply(1).getJsonObject("error").getString("code")).isEqualTo("unauthenticated");

            assertThat(get(guessed.port(), "/api/lines", "Authorization", "Bearer " + Api.KEY).statusCode()).isEqualTo(429);
            assertThat(get(guessed.port(), "/metrics", "Authorization", "Bearer " + Api.KEY).statusCode()).isEqualTo(429);
            assertThat(client.send(ask.formatted(Api.KEY) + "2}").reply(2).getJsonObject("error").getString("code")).isEqualTo("rate_limited");
            assertThat(get(guessed.port(), "/api/lines", "Authorization", "Bearer " + Api.KEY, "X-Forwarded-For", "203.0.113.7").statusCode())
                .as("through a proxy of this machine, which is another address").isEqualTo(200);
            assertThat(log.messages(Level.WARNING)).singleElement().asString().contains("wrong API key").doesNotContain(Api.KEY);
        }
    }

    @Test
    void healthNeedsNoKeyAndSaysWhatItIs() {
        for (String path : List.of("/health", "/health/ready", "/health/live")) {
            HttpResponse<String> answer = get(application.port(), path);
            assertThat(answer.statusCode()).as(path).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
            assertThat(answer.headers().firstValue("Cache-Control")).hasValue("no-store");
        }
        assertThat(get(application.port(), "/health/else").statusCode()).isEqualTo(404);
    }

    @Test
    void serverWithoutRoomForALineIsNotReadyButLives() {
        try (PartylineServer full = new PartylineServer(Map.of("partyline.lines", "1")); PlainClient only = new PlainClient(full.line())) {
            assertThat(get(full.port(), "/health/ready").body()).isEqualTo("{\"status\":\"ready\"}");
            only.hello("");

            HttpResponse<String> answer = get(full.port(), "/health/ready");
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.body()).isEqualTo("{\"status\":\"too many lines\"}");
            assertThat(get(full.port(), "/health/live").body()).isEqualTo("{\"status\":\"live\"}");
        }
    }

    @Test
    void serverThatDrainsIsNotReadyButLivesAndItsLinesStay() throws JMException {
        try (PlainClient client = line("\"tabs\":[\"o-13\"]")) {
            MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
            assertThat(beans.getAttribute(bean(), "Draining")).isEqualTo(false);

            beans.invoke(bean(), "drain", null, null);

            assertThat(beans.getAttribute(bean(), "Draining")).isEqualTo(true);
            for (String path : List.of("/health", "/health/ready")) {
                HttpResponse<String> answer = get(application.port(), path);
                assertThat(answer.statusCode()).as(path).isEqualTo(503);
                assertThat(answer.body()).isEqualTo("{\"status\":\"draining\"}");
            }
            assertThat(get(application.port(), "/health/live").body()).isEqualTo("{\"status\":\"live\"}");
            echo(client, "o-13", 1);
        }
    }

    @Test
    void managedBeanTellsWhatTheMetricsTellAndGoesWithTheApplication() throws JMException {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        ObjectName bean = bean();
        try (PlainClient one = line("\"tabs\":[\"o-14\",\"o-15\"],\"topics\":{\"open.bean\":null}"); PlainClient two = line("\"tabs\":[\"o-16\"]")) {
            echo(one, "o-14", 1);
            two.drop();
            awaitFigure("lines_held", 1);
            Map<String, String> figures = Map.of("Lines", "lines", "HeldLines", "lines_held", "Tabs", "tabs", "Topics", "topics", "MessagesIn", "messages_in_total",
                "BatchesOut", "batches_out_total", "SlowCloses", "slow_closes_total");
            for (Map.Entry<String, String> figure : figures.entrySet()) {
                assertThat(((Number) beans.getAttribute(bean, figure.getKey())).doubleValue()).as(figure.getKey()).isEqualTo(figure(figure.getValue()));
            }
        }
        application.stop();
        assertThat(beans.isRegistered(bean)).isFalse();
    }

    private static ObjectName bean() throws JMException {
        return new ObjectName("dev.partyline:type=Partyline,context=" + ObjectName.quote("/partyline"));
    }

    @Test
    void statusIsToldOverTheLineToWhoeverShowsTheKey() {
        String ask = "{\"type\":\"partyline.status\",\"from\":\"o-17\",\"id\":";
        try (PlainClient client = line("\"tabs\":[\"o-17\",\"o-18\"]")) {
            int id = 0;
            for (String value : List.of("", ",\"value\":null", ",\"value\":{}", ",\"value\":{\"key\":\"\"}", ",\"value\":{\"key\":\"wrong\"}")) {
                client.send(ask + ++id + value + "}");
                assertThat(client.reply(id).getJsonObject("error").getString("code")).as(value).isEqualTo("unauthenticated");
            }
            client.send(ask + "200,\"value\":{\"key\":\"" + Api.KEY + "\"}}");
            JsonObject status = client.reply(200).getJsonObject("value");
            assertThat(List.of(status.getInt("tabs"), status.getInt("sockets"), status.getInt("held"))).containsExactly(2, 1, 0);
        }
    }

    @Test
    void withoutAKeyOnlyTheDemoTellsItsStatusAndOnlyThisMachine() {
        String ask = "{\"type\":\"partyline.status\",\"from\":\"o-19\",\"id\":1}";
        try (TestApplication closed = new TestApplication(); PlainClient client = new PlainClient(closed.line());
             PartylineServer demo = new PartylineServer(); PlainClient visitor = new PlainClient(demo.line());
             PlainClient proxied = new PlainClient(demo.line(), "X-Forwarded-For", "127.0.0.1")) {
            client.hello("\"tabs\":[\"o-19\"]");
            visitor.hello("\"tabs\":[\"o-19\"]");
            proxied.hello("\"tabs\":[\"o-22\"]");
            assertThat(proxied.send(ask.replace("o-19", "o-22")).reply(1).getJsonObject("error").getString("code")).isEqualTo("forbidden");

            assertThat(client.send(ask).reply(1).getJsonObject("error").getString("code")).isEqualTo("forbidden");
            assertThat(visitor.send(ask).reply(1).getJsonObject("value").getInt("tabs")).isEqualTo(2);
        }
    }
}
