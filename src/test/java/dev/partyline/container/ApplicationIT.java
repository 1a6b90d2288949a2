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
    private Site site;

    @Deployment(testable = false)
    static WebArchive shop() {
        return Applications.shop().addAsResource("dev/partyline/container/Workshop.class").addAsWebInfResource("container/jetty-ee10-web.xml", "jetty-ee10-web.xml");
    }

    @BeforeEach
    void look() {
        site = Site.at(url);
    }

    @Test
    void lineWorksInTheHostsContext() {
        try (PlainClient asking = PlainClient.welcomed(site.line("partyline/line")); PlainClient looking = PlainClient.welcomed(site.line("partyline/line"))) {
            looking.say("{\"type\":\"$join\",\"topic\":\"files\",\"id\":1}").next(frame -> frame.containsKey("re"));

            JsonObject reply = request(asking, 1, "deleteFile", "{\"fileName\":\"a.txt\"}");

            assertThat(reply.getJsonObject("value")).isEqualTo(Golden.parse("{\"fileName\":\"a.txt\",\"by\":\"" + asking.tab() + "\"}"));
            assertThat(looking.next("deleted").getJsonObject("value").getString("by")).isEqualTo(asking.tab());
        }
    }

    @Test
    void policyOfTheHostDecides() {
        try (PlainClient client = PlainClient.welcomed(site.line("partyline/line"))) {
            JsonObject refusal = client.say("{\"type\":\"$join\",\"topic\":\"secrets\",\"id\":1}").next(frame -> frame.containsKey("re"));

            assertThat(refusal.getJsonObject("error").getString("code")).isEqualTo("forbidden");
            assertThat(request(client, 2, "nothing", "1").getJsonObject("error").getString("code")).isEqualTo("unknown_type");
        }
    }

    @Test
    void clientFilesAreServedBesideTheLine() {
        for (String file : new String[] {"main.js", "worker.js", "partyline/worker/hub.js", "main.d.ts", "api/openapi.json"}) {
            assertThat(site.get("partyline/" + file).statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
        }
        HttpResponse<String> main = site.get("partyline/main.js");
        assertThat(main.headers().firstValue("Content-Type").orElse("none")).contains("javascript");
        Matcher kept = Pattern.compile("'\\./(partyline-[0-9a-f]{16}/[a-z/-]+\\.js)'").matcher(main.body());
        assertThat(kept.find()).as("main.js imports from an address that changes with the modules").isTrue();
        assertThat(site.get("partyline/" + kept.group(1)).headers().firstValue("Cache-Control").orElse("none")).contains("immutable");
        assertThat(site.get("").body()).contains("<title>Shop</title>");
    }

    @Test
    void hostsOwnAddressesAreItsOwn() {
        for (String path : new String[] {"api/all", "api/lines", "metrics", "health", "line", "partyline/index.html"}) {
            assertThat(site.get(path).statusCode()).as(path).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
        }
        assertThat(site.get("partyline/health").body()).contains("ready");
        assertThat(site.get("partyline/api/lines").body()).contains("lines");
    }

    @Test
    void injectionWorksWhereThereIsCdi() {
        try (PlainClient client = PlainClient.welcomed(site.line("partyline/line"))) {
            HttpResponse<String> answer = site.post("pay?amount=42", "");

            if (Boolean.getBoolean("cdi")) {
                assertThat(answer.statusCode()).as(answer::body).isEqualTo(HttpURLConnection.HTTP_OK);
                assertThat(client.next("paid").getString("value")).isEqualTo("42");
            } else {
                assertThat(answer.statusCode()).isEqualTo(HttpURLConnection.HTTP_NOT_IMPLEMENTED);
            }
        }
    }

    @Test
    void handlerThatThrowsAnErrorHurtsNobody() {
        try (PlainClient client = PlainClient.welcomed(site.line("partyline/line"))) {
            assertThat(request(client, 1, "explode", "1").getJsonObject("error").getString("code")).isEqualTo("failed");
            assertThat(request(client, 2, "deleteFile", "{\"fileName\":\"b\"}").containsKey("value")).isTrue();
        }
    }

    @Test
    void eightThreadsSendingAtOnceAreHeardWholeAndInOrder() {
        try (PlainClient client = PlainClient.welcomed(site.line("partyline/line"))) {
            client.say("{\"type\":\"burst\",\"from\":\"" + client.tab() + "\",\"id\":1,\"value\":0}");

            int[] heard = new int[Workshop.THREADS];
            for (int i = 0; i < Workshop.THREADS * Workshop.SENDS; i++) {
                JsonObject sent = client.next("burst");
                int thread = sent.getJsonArray("value").getInt(0);
                assertThat(sent.getJsonArray("value").getInt(1)).as("thread %d", thread).isEqualTo(heard[thread]++);
            }
            assertThat(heard).containsOnly(Workshop.SENDS);
        }
    }

    @Test
    void readerThatNeverReadsIsBoundedAndClosed() {
        try (RawClient deaf = new RawClient(site.line("partyline/line"), SMALL_BUFFER)) {
            deaf.say("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"deaf\"],\"topics\":{\"files\":null}}");
            assertSlowCloseAfter("{\"type\":\"flood\",\"from\":\"deaf\",\"value\":1}", deaf);
        }
    }

    @Test
    void plainReaderThatNeverReadsIsBoundedAndClosed() {
        try (RawClient deaf = new RawClient(site.line("partyline/line"), SMALL_BUFFER)) {
            assertSlowCloseAfter("{\"data\":{\"type\":\"flood-everyone\",\"from\":\"deaf\",\"value\":1}}", deaf);
        }
    }

    private void assertSlowCloseAfter(String flood, RawClient deaf) {
        double before = slowCloses();
        deaf.say(flood);
        await("the deaf line to be closed").atMost(Duration.ofSeconds(20)).until(() -> slowCloses() > before);

        long bytes = 0;
        RawClient.Frame frame = deaf.read().orElseThrow();
        while (frame.opcode() != RawClient.CLOSE) {
            bytes += frame.payload().length;
            frame = deaf.read().orElseThrow();
        }
        assertThat(bytes).as("of %d", (long) Workshop.FLOOD_MESSAGES * Workshop.FLOOD_CHARS).isLessThan(BOUND);
        assertThat(frame.closeCode()).isEqualTo(TOO_SLOW);
    }

    private double slowCloses() {
        return Site.figure(site.get("partyline/metrics"), "partyline_slow_closes_total");
    }

    private static JsonObject request(PlainClient client, int id, String type, String value) {
        return client.say("{\"type\":\"" + type + "\",\"from\":\"" + client.tab() + "\",\"id\":" + id + ",\"value\":" + value + "}").reply(id);
    }
}
