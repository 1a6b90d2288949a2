package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.http.HttpResponse;
import java.time.Duration;
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

    @ArquillianResource
    private URL url;
    private Site site;

    @Deployment(testable = false)
    static WebArchive shop() {
        return Applications.shop().addAsResource("dev/partyline/container/Workshop.class");
    }

    @BeforeEach
    void look() {
        site = Site.at(url);
    }

    @Test
    void lineWorksInTheHostsContext() {
        try (Client asking = Client.welcomed(site.line("partyline/line")); Client looking = Client.welcomed(site.line("partyline/line"))) {
            looking.send("{\"type\":\"$join\",\"topic\":\"files\",\"id\":1}").next(frame -> frame.containsKey("re"));

            JsonObject reply = request(asking, 1, "deleteFile", "{\"fileName\":\"a.txt\"}");

            assertThat(reply.getJsonObject("value")).isEqualTo(Client.parse("{\"fileName\":\"a.txt\",\"by\":\"" + asking.tab() + "\"}"));
            assertThat(looking.next("deleted").getJsonObject("value").getString("by")).isEqualTo(asking.tab());
        }
    }

    @Test
    void policyOfTheHostDecides() {
        try (Client client = Client.welcomed(site.line("partyline/line"))) {
            JsonObject refusal = client.send("{\"type\":\"$join\",\"topic\":\"secrets\",\"id\":1}").next(frame -> frame.containsKey("re"));

            assertThat(refusal.getJsonObject("error").getString("code")).isEqualTo("forbidden");
            assertThat(request(client, 2, "nothing", "1").getJsonObject("error").getString("code")).isEqualTo("unknown_type");
        }
    }

    @Test
    void clientFilesAreServedBesideTheLine() {
        for (String file : new String[] {"main.js", "worker.js", "partyline/switchboard.js", "main.d.ts", "api/openapi.json"}) {
            assertThat(site.get("partyline/" + file).statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
        }
        assertThat(site.get("partyline/main.js").headers().firstValue("Content-Type").orElse("none")).contains("javascript");
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
        try (Client client = Client.welcomed(site.line("partyline/line"))) {
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
        try (Client client = Client.welcomed(site.line("partyline/line"))) {
            assertThat(request(client, 1, "explode", "1").getJsonObject("error").getString("code")).isEqualTo("failed");
            assertThat(request(client, 2, "deleteFile", "{\"fileName\":\"b\"}").containsKey("value")).isTrue();
        }
    }

    @Test
    void eightThreadsSendingAtOnceAreHeardWholeAndInOrder() {
        try (Client client = Client.welcomed(site.line("partyline/line"))) {
            client.send("{\"type\":\"burst\",\"from\":\"" + client.tab() + "\",\"id\":1,\"value\":0}");

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
    void readerThatNeverReadsIsBoundedAndClosed() throws IOException {
        try (DeafClient deaf = new DeafClient(site.line("partyline/line"))) {
            deaf.send("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"deaf\"],\"topics\":{\"files\":null}}");
            assertSlowCloseAfter("{\"type\":\"flood\",\"from\":\"deaf\",\"value\":1}", deaf);
        }
    }

    @Test
    void plainReaderThatNeverReadsIsBoundedAndClosed() throws IOException {
        try (DeafClient deaf = new DeafClient(site.line("partyline/line"))) {
            assertSlowCloseAfter("{\"data\":{\"type\":\"flood-everyone\",\"from\":\"deaf\",\"value\":1}}", deaf);
        }
    }

    private void assertSlowCloseAfter(String flood, DeafClient deaf) throws IOException {
        double before = slowCloses();
        deaf.send(flood);
        await("the deaf line to be closed").atMost(Duration.ofSeconds(20)).until(() -> slowCloses() > before);
        DeafClient.Pile pile = deaf.hear();

        assertThat(pile.bytes()).as("of %d", (long) Workshop.FLOOD_MESSAGES * Workshop.FLOOD_CHARS).isLessThan(BOUND);
        assertThat(pile.closeCode()).isEqualTo(TOO_SLOW);
    }

    private double slowCloses() {
        return Site.figure(site.get("partyline/metrics"), "partyline_slow_closes_total");
    }

    private static JsonObject request(Client client, int id, String type, String value) {
        client.send("{\"type\":\"" + type + "\",\"from\":\"" + client.tab() + "\",\"id\":" + id + ",\"value\":" + value + "}");
        return client.next(frame -> frame.getInt("re", 0) == id);
    }
}
