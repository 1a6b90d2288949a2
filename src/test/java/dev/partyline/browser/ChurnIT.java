package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * A line that lives for long: one tab stays, others come, take part and go, and in the end neither the worker nor the
 * server holds more than when it began.
 *
 * <p>What leaks a little with each tab shows after fifteen as after a thousand, since objects are counted and not weighed.
 * {@code -Pbench} has fifty rounds, and {@code -Dchurn.rounds=300} is as many tabs as come and go in an hour, and prints how the heaps fare meanwhile.
 */
@Tag("churn")
@Except(engines = {"firefox", "webkit"}, why = "only Chromium's developer tools tell what a shared worker holds")
class ChurnIT {

    private static final int TABS_OF_A_ROUND = 5;
    /** Until then the engine still makes what it makes once. */
    private static final int ROUNDS_BEFORE = 2;
    private static final int ROUNDS = Integer.getInteger("churn.rounds", 3);
    private static final int ROUNDS_BETWEEN_LOOKS = 50;
    /** Less than what any leak of one thing for each tab would come to. */
    private static final int NOISE = 10;
    private static final String TOPIC = "demo.all";
    private static final String KEY = "sesame";
    private static final String WHO_AND_WHAT = """
        async () => {
          const { tabs, topics, waiting, unanswered } = await line.inspect();
          return { tabs: tabs.map(({ id }) => id), topics: Object.fromEntries(topics.map(({ topic, tabs }) => [topic, tabs])), waiting, unanswered };
        }
        """;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.rate", "10000", "partyline.rate.burst", "10000", "partyline.api.key", KEY,
        // A topic that nobody is in is kept for twice as long.
        "partyline.hold", "500ms"));

    private int heard;

    @OnEveryEngine
    void tabsThatComeAndGoLeaveNothingBehind(Engine engine) {
        try (ChromiumWindow window = ((PlaywrightEngine) engine).window()) {
            LinePage stays = open(window).listen("note").join(TOPIC);
            try (WorkerHeap heap = window.workerHeap()) {
                comeAndGo(ROUNDS_BEFORE, window, stays);
                Map<String, Integer> before = held(heap, stays);
                print(0, heap, stays);
                for (int gone = 0; gone < ROUNDS;) {
                    int rounds = Math.min(ROUNDS - gone, ROUNDS_BETWEEN_LOOKS);
                    comeAndGo(rounds, window, stays);
                    gone += rounds;
                    assertNothingIsLeft(gone * TABS_OF_A_ROUND, heap, stays, before);
                }
            }
            await("the tab that stayed to have heard everything").until(() -> stays.tab().number("() => heard.length") == heard);
            assertThat(stays.trouble()).isEmpty();
            assertThat(server.partyline().upgrades()).as("sockets").isEqualTo(1);
        }
    }

    private void comeAndGo(int rounds, ChromiumWindow window, LinePage stays) {
        for (int round = 0; round < rounds; round++) {
            List<LinePage> tabs = IntStream.range(0, TABS_OF_A_ROUND).mapToObj(i -> open(window)).toList();
            for (LinePage tab : tabs) {
                tab.listen("note").join(TOPIC).join("demo.of." + tab.id()).publish(TOPIC, "hello");
                assertThat(tab.request("greeting", null)).isEqualTo(Map.of("messageFromServer", "Hello tab id: " + tab.id()));
            }
            server("/api/all", request -> request.header("Content-Type", "application/json").POST(BodyPublishers.ofString("{\"type\":\"note\",\"value\":\"goodbye\"}")));
            for (LinePage tab : tabs) {
                await("the broadcast").until(() -> tab.values().contains("goodbye"));
                // Nobody is there to hear the answer.
                tab.tab().eval("() => { line.request('greeting').catch(() => {}); }");
                tab.tab().close();
            }
            heard += TABS_OF_A_ROUND + 1;
            await("them to be gone").until(() -> stays.status("tabs").equals("1"));
        }
    }

    private static void assertNothingIsLeft(int tabs, WorkerHeap heap, LinePage stays, Map<String, Integer> before) {
        await("the worker to hold what it held before " + tabs + " tabs").atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> {
            Map<String, Integer> more = new TreeMap<>();
            held(heap, stays).forEach((what, count) -> more.put(what, count - before.getOrDefault(what, 0)));
            more.values().removeIf(count -> count < NOISE);
            assertThat(more).as("more than before").isEmpty();
        });
        print(tabs, heap, stays);
    }

    /** What the worker holds when all is done that is to be done about tabs that are gone; less the diary and the rings, which fill up to a bound of their own. */
    private static Map<String, Integer> held(WorkerHeap heap, LinePage stays) {
        awaitRest(stays);
        Map<String, Integer> counts = heap.counts();
        int noted = stays.tab().number("async () => (await line.inspect()).log.length");
        int kept = kept(stays);
        Map.of("Object", noted, "Entry", kept, "in Array", noted + kept).forEach((what, bounded) -> counts.merge(what, -bounded, Integer::sum));
        return counts;
    }

    private static void awaitRest(LinePage stays) {
        List<String> me = List.of(stays.id());
        Map<String, Object> alone = Map.of("tabs", me, "topics", Map.of("*", me, TOPIC, me), "waiting", 0, "unanswered", 0);
        await("the worker to know one tab").atMost(Duration.ofSeconds(30)).until(() -> stays.tab().eval(WHO_AND_WHAT), alone::equals);
        await("the server to know one tab").atMost(Duration.ofSeconds(30)).untilAsserted(() ->
            assertThat(server("/metrics", HttpRequest.Builder::GET).lines()).contains("partyline_lines 1.0", "partyline_lines_held 0.0", "partyline_tabs 1.0",
                "partyline_topics 2.0", "partyline_handlers_running 0.0"));
    }

    /** What the server answers. */
    private static String server(String path, UnaryOperator<HttpRequest.Builder> how) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(server.partyline().uri("/partyline" + path)).header("Authorization", "Bearer " + KEY);
            HttpResponse<String> response = HTTP.send(how.apply(request).build(), BodyHandlers.ofString());
            assertThat(response.statusCode()).as(path).isEqualTo(200);
            return response.body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError("no answer from " + path, e);
        }
    }

    /** How many messages lie in the rings, for tabs that come late. */
    private static int kept(LinePage stays) {
        return stays.tab().number("async () => (await line.inspect()).topics.reduce((sum, topic) => sum + topic.kept, 0)");
    }

    private static void print(int tabs, WorkerHeap heap, LinePage stays) {
        System.gc();
        System.out.printf("churn: after %d tabs the worker holds %d KiB, %d messages in its rings among them, the server and its tests %d KiB%n", tabs, heap.bytes() >> 10,
            kept(stays), ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 10);
    }

    /** Past the tap, which would keep all that it hears. */
    private static LinePage open(ChromiumWindow window) {
        return LinePage.at(window, server.partyline().uri(LinePage.address("{}")).toString()).ready();
    }
}
