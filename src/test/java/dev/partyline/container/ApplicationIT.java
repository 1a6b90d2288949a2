package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.RawClient;
import jakarta.json.JsonObject;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An application that has Partyline's jar among its own, and does to it what is hard on a container. */
@OnEveryContainer
class ApplicationIT {

    private static final int TOO_SLOW = 4001;
    /** A window, a batch that was allowed by its last character, and the frames around them. */
    private static final long BOUND = 262_144 + 65_536 + 16_384;
    private static final int SMALL_BUFFER = 8 * 1024;

    @ArquillianResource
    private URL url;
    private WarDeployment deployment;

    @Deployment(testable = false)
    static WebArchive shop() {
        return Applications.shopForContainer().addAsResource("dev/partyline/container/ContainerTestHandlers.class").addAsWebInfResource("container/jetty-ee10-web.xml", "jetty-ee10-web.xml");
    }

    @BeforeEach
    void look() {
        deployment = WarDeployment.reachable(url);
    }

    @Test
    void lineWorksInTheHostsContext() {
        try (PlainClient asking = PlainClient.welcomed(deployment.line("partyline/line")); PlainClient looking = PlainClient.welcomed(deployment.line("partyline/line"))) {
            looking.send("{\"type\":\"$join\",\"topic\":\"files\",\"id\":1}").next(frame -> frame.containsKey("re"));

            JsonObject reply = request(asking, 1, "deleteFile", "{\"fileName\":\"a.txt\"}");

            assertThat(reply.getJsonObject("value")).isEqualTo(Golden.parse("{\"fileName\":\"a.txt\",\"by\":\"" + asking.tab() + "\"}"));
            assertThat(looking.next("deleted").getJsonObject("value").getString("by")).isEqualTo(asking.tab());
        }
    }

    @Test
    void policyOfTheHostDecides() {
        try (PlainClient client = PlainClient.welcomed(deployment.line("partyline/line"))) {
            JsonObject refusal = client.send("{\"type\":\"$join\",\"topic\":\"secrets\",\"id\":1}").next(frame -> frame.containsKey("re"));

            assertThat(refusal.getJsonObject("error").getString("code")).isEqualTo("forbidden");
            assertThat(request(client, 2, "nothing", "1").getJsonObject("error").getString("code")).isEqualTo("unknown_type");
        }
    }

    @Test
    void clientFilesAreServedBesideTheLine() {
        for (String file : new String[] {"main.js", "worker.js", "partyline/worker/hub.js", "main.d.ts", "api/openapi.json"}) {
            assertThat(deployment.get("partyline/" + file).statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
        }
        HttpResponse<String> main = deployment.get("partyline/main.js");
        assertThat(main.headers().firstValue("Content-Type").orElse("none")).contains("javascript");
        Matcher kept = Pattern.compile("\"([0-9a-f]{16})\"").matcher(main.body());
        assertThat(kept.find()).as("main.js has a version that changes with the modules").isTrue();
        assertThat(deployment.get("partyline/partyline-" + kept.group(1) + "/worker.js").headers().firstValue("Cache-Control").orElse("none")).contains("immutable");
        assertThat(deployment.get("").body()).contains("<title>Shop</title>");
    }

    @Test
    void hostsOwnAddressesAreItsOwn() {
        for (String path : new String[] {"api/all", "api/lines", "metrics", "health", "line", "partyline/index.html"}) {
            assertThat(deployment.get(path).statusCode()).as(path).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
        }
        assertThat(deployment.get("partyline/health").body()).contains("ready");
        assertThat(deployment.get("partyline/api/lines").body()).contains("lines");
    }

    @Test
    void injectionWorksWhereThereIsCdi() {
        try (PlainClient client = PlainClient.welcomed(deployment.line("partyline/line"))) {
            HttpResponse<String> answer = deployment.post("pay?amount=42", "");

            if (Boolean.getBoolean("cdi")) {
                assertThat(answer.statusCode()).as(answer::body).isEqualTo(HttpURLConnection.HTTP_OK);
                assertThat(client.next("paid").getString("value")).isEqualTo("42");
            } else {
                assertThat(answer.statusCode()).isEqualTo(HttpURLConnection.HTTP_NOT_IMPLEMENTED);
            }
        }
    }

    @Test
    void valuesMeanTheSameInThePage() {
        try (PlainClient client = PlainClient.welcomed(deployment.line("partyline/line"))) {
            assertThat(request(client, 1, "times", "1").getJsonObject("value")).isEqualTo(Golden.parse(
                "{\"date\":\"2024-11-06T15:06:15.168Z\",\"calendar\":\"2024-11-06T16:06:15.168+01:00\",\"zoned\":\"2024-11-06T16:06:15.168+01:00\"}"));
            assertThat(request(client, 2, "int", "1.5").getJsonObject("error").getString("code")).isEqualTo("bad_value");
            assertThat(request(client, 3, "int", "4294967297").getJsonObject("error").getString("code")).isEqualTo("bad_value");
            assertThat(request(client, 4, "int", "-7").getInt("value")).isEqualTo(-7);
            assertThat(request(client, 5, "long", "9007199254740993").getJsonObject("error").getString("code")).isEqualTo("bad_value");
            assertThat(request(client, 6, "long", "9007199254740991").getJsonNumber("value").longValueExact()).isEqualTo(9007199254740991L);
            assertThat(request(client, 7, "huge", "1").getJsonObject("error").getString("code")).isEqualTo("failed");
        }
    }

    @Test
    void handlerThatThrowsAnErrorHurtsNobody() {
        try (PlainClient client = PlainClient.welcomed(deployment.line("partyline/line"))) {
            assertThat(request(client, 1, "explode", "1").getJsonObject("error").getString("code")).isEqualTo("failed");
            assertThat(request(client, 2, "deleteFile", "{\"fileName\":\"b\"}").containsKey("value")).isTrue();
        }
    }

    @Test
    void eightThreadsSendingAtOnceAreHeardWholeAndInOrder() {
        try (PlainClient client = PlainClient.welcomed(deployment.line("partyline/line"))) {
            client.send("{\"type\":\"burst\",\"from\":\"" + client.tab() + "\",\"id\":1,\"value\":0}");

            int[] heard = new int[ContainerTestHandlers.THREADS];
            for (int i = 0; i < ContainerTestHandlers.THREADS * ContainerTestHandlers.SENDS; i++) {
                JsonObject sent = client.next("burst");
                int thread = sent.getJsonArray("value").getInt(0);
                assertThat(sent.getJsonArray("value").getInt(1)).as("thread %d", thread).isEqualTo(heard[thread]++);
            }
            assertThat(heard).containsOnly(ContainerTestHandlers.SENDS);
        }
    }

    @Test
    void readerThatNeverReadsIsBoundedAndClosed() {
        try (RawClient deaf = new RawClient(deployment.line("partyline/line"), SMALL_BUFFER)) {
            deaf.send("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"deaf\"],\"topics\":{\"files\":null}}");
            assertSlowCloseAfter("{\"type\":\"flood\",\"from\":\"deaf\",\"value\":1}", deaf);
        }
    }

    @Test
    void plainReaderThatNeverReadsIsBoundedAndClosed() {
        try (RawClient deaf = new RawClient(deployment.line("partyline/line"), SMALL_BUFFER)) {
            assertSlowCloseAfter("{\"data\":{\"type\":\"flood-everyone\",\"from\":\"deaf\",\"value\":1}}", deaf);
        }
    }

    private void assertSlowCloseAfter(String flood, RawClient deaf) {
        double before = slowCloses();
        deaf.send(flood);
        await("the deaf line to be closed").atMost(Duration.ofSeconds(20)).until(() -> slowCloses() > before);

        long bytes = 0;
        RawClient.Frame frame = deaf.read().orElseThrow();
        while (frame.opcode() != RawClient.CLOSE) {
            bytes += frame.payload().length;
            frame = deaf.read().orElseThrow();
        }
        assertThat(bytes).as("of %d", (long) ContainerTestHandlers.FLOOD_MESSAGES * ContainerTestHandlers.FLOOD_CHARS).isLessThan(BOUND);
        assertThat(frame.closeCode()).isEqualTo(TOO_SLOW);
    }

    private double slowCloses() {
        return WarDeployment.figure(deployment.get("partyline/metrics"), "partyline_slow_closes_total");
    }

    private static JsonObject request(PlainClient client, int id, String type, String value) {
        return client.send("{\"type\":\"" + type + "\",\"from\":\"" + client.tab() + "\",\"id\":" + id + ",\"value\":" + value + "}").reply(id);
    }
}
