package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.Golden;
import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.net.HttpURLConnection;
import java.net.URL;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An application of Jakarta EE: its handlers run in its contexts, and leave no transaction to each other. Where a container is no Jakarta EE server, they have its class loader. */
@OnEveryContainer
class OrdersIT {

    private static final boolean SERVER = !Set.of("tomcat-10", "tomcat-11", "jetty").contains(Claims.container());
    /** {@code -Dorders.calls=10000} for a long run. */
    private static final int CALLS = Integer.getInteger("orders.calls", 400);
    private static final int LINES = 8;
    /** Each takes the time limit of a handler, or longer. */
    private static final int CALLS_PER_SLOW = 100;
    private static final long SEED = Long.getLong("partyline.seed", System.nanoTime());
    /** It ignores its interrupt, and commits. */
    private static final String LATE = "commitLate";
    /** What each kind of call is answered with: a value, or an error of this code. */
    private static final Map<String, String> ANSWERS = Map.of("commit", "value", "rollBack", "failed", "leaveOpen", "failed", "leaveOpenAndThrow", "sold_out", "leaveMarked", "failed",
        "throw", "failed", "timeOut", "timeout", "hang", "timeout", LATE, "timeout");
    private static final List<String> SLOW = List.of("hang", "timeOut", LATE);
    private static final List<String> QUICK = List.of("rollBack", "leaveOpen", "leaveOpenAndThrow", "leaveMarked", "throw");

    /** Of requests. */
    private final AtomicInteger ids = new AtomicInteger();
    @ArquillianResource
    private URL url;
    private WarDeployment deployment;

    @Deployment(testable = false)
    static WebArchive orders() {
        return Applications.ordersForContainer();
    }

    @BeforeEach
    void look() {
        deployment = WarDeployment.reachable(url);
    }

    /** First, where REST has not created the beans yet. */
    @Test
    void beanThatAHandlerIsTheFirstToCallIsWhole() {
        try (PlainClient client = welcomed()) {
            for (int id = 1; id <= 2; id++) {
                JsonObject answer = request(client, id, "late", "1");
                assertThat(SERVER ? answer.get("value").toString() : answer.getJsonObject("error").getString("code")).isEqualTo(SERVER ? "true" : "failed");
            }
        }
    }

    @Test
    void handlersRunInTheContextsOfTheApplication() {
        try (PlainClient client = welcomed()) {
            assertContexts(request(client, 1, "contexts", "1").getJsonObject("value"));
            assertContexts(request(client, 2, "contexts.nonBlocking", "1").getJsonObject("value"));
            // Their request contexts are not those of the messages before.
            assertContexts(request(client, 3, "contexts", "1").getJsonObject("value"));
            assertContexts(request(client, 4, "contexts.nonBlocking", "1").getJsonObject("value"));
        }
    }

    @Test
    void listenersPoliciesAndVerifiersRunInThemToo() {
        try (PlainClient client = new PlainClient(deployment.line("partyline/line"))) {
            JsonObject welcome = client.hello("\"tabs\":[\"" + client.tab() + "\"],\"token\":\"ann\"");
            assertThat(welcome.getString("user")).isEqualTo("ann of Corner shop");
            AtomicInteger id = new AtomicInteger(10);
            await().untilAsserted(() -> assertThat(request(client, id.incrementAndGet(), "arrivals", "1").getJsonArray("value").getValuesAs(JsonObject.class)).isNotEmpty()
                .allSatisfy(OrdersIT::assertContexts));
            if (SERVER) {
                assertThat(deployment.post("api/orders/pears", "").statusCode()).isEqualTo(HttpURLConnection.HTTP_OK);
                assertThat(join(client, 1001, "item.pears").containsKey("error")).isFalse();
                assertThat(join(client, 1002, "desk").getJsonObject("error").getString("code")).as("no clerk").isEqualTo("forbidden");
                assertThat(join(client, 1003, "item.stones").getJsonObject("error").getString("code")).isEqualTo("forbidden");
            }
        }
    }

    private static void assertContexts(JsonObject contexts) {
        assertThat(contexts.getString("loader")).isEqualTo("true");
        assertThat(contexts.getString("env")).isEqualTo("Corner shop");
        if (SERVER) {
            assertThat(contexts.getString("orders")).as("the database").isEqualTo("true");
            assertThat(contexts.getString("basket")).as("a request context of its own").isEqualTo("1 2");
            assertThat(contexts.getString("caller").toLowerCase()).as("neither a user nor who deployed the application").isIn("anonymous", "unauthenticated", "guest");
            assertThat(contexts.getString("till")).as("for clerks").isNotEqualTo("opened");
        }
    }

    @Test
    void injectedPartylineWorksInTimersBeforeAnyRequest() {
        try (PlainClient client = welcomed()) {
            if (SERVER) {
                assertThat(join(client, 1, "ticks").containsKey("error")).isFalse();
                assertThat(client.next("lazyTick").getString("value")).isEqualTo("0 requests before the first tick, 0 failures");
                assertThat(client.next("tick").getString("value")).satisfiesAnyOf(atStart -> assertThat(atStart).isEqualTo("published"),
                    atStart -> assertThat(atStart).startsWith("Partyline has not started"));
            } else {
                assertThat(join(client, 1, "ticks").getJsonObject("error").getString("code")).isEqualTo("forbidden");
            }
        }
    }

    @Test
    void transactionThatAHandlerLeavesOpenFailsItsRequestAndNoOther() {
        try (PlainClient client = welcomed()) {
            for (int i = 0; SERVER && i < 40; i++) {
                String thread = i % 2 == 0 ? "" : ".nonBlocking";
                JsonObject error = request(client, 2 * i + 1, "leaveOpen" + thread, item("lost-" + i)).getJsonObject("error");
                assertThat(error.getString("code")).isEqualTo("failed");
                assertThat(error.getString("message")).contains("left a transaction open");
                assertThat(request(client, 2 * i + 2, "commit" + thread, item("kept-" + i)).getString("value")).isEqualTo("kept-" + i);
                assertThat(rows()).contains("kept-" + i).doesNotContain("lost-" + i);
            }
        }
    }

    @Test
    void methodsOfBeansHandleMessagesWithTheirInterceptorsAndGenerics() {
        try (PlainClient client = welcomed()) {
            if (!SERVER) {
                assertThat(request(client, 1, "placeOrder", item("figs")).getJsonObject("error").getString("code")).isEqualTo("unknown_type");
                return;
            }
            assertThat(request(client, 1, "placeOrder", item("figs")).getJsonObject("value").getString("item")).isEqualTo("figs");
            assertThat(request(client, 2, "placeAll", "[" + item("dates") + "," + item("nuts") + "]").getString("value")).isEqualTo("2 for " + client.tab());
            assertThat(request(client, 3, "placeAll", "[" + item("quinces") + "," + item("stones") + "]").getJsonObject("error").getString("code")).isEqualTo("sold_out");
            assertThat(rows()).contains("figs", "dates", "nuts").doesNotContain("quinces");
            assertThat(request(client, 4, "refuseByEjb", "1").getJsonObject("error").getString("code")).isEqualTo("closed");
            assertThat(request(client, 5, "receipt", "1").getString("value")).isEqualTo("line 1, 0 before");
            assertThat(request(client, 6, "receipt", "1").getString("value")).isEqualTo("line 1, 1 before");
            assertThat(request(client, 7, "openTill", "1").getJsonObject("error").getString("code")).as("for clerks").isEqualTo("failed");
        }
    }

    @Test
    void beansObserveWhatLinesAndTabsDo() {
        if (!SERVER) {
            return;
        }
        try (PlainClient client = new PlainClient(deployment.line("partyline/line")); PlainClient other = welcomed()) {
            JsonObject welcome = client.hello("\"tabs\":[\"" + client.tab() + "\"]");
            String line = welcome.getString("line");
            for (String state : List.of("hidden", "visible")) {
                client.send("{\"type\":\"$tab\",\"from\":\"" + client.tab() + "\",\"state\":\"" + state + "\"}");
            }
            List<String> known = List.of("opened", "opened " + client.tab(), "hid " + client.tab(), "showed " + client.tab());
            awaitGuests(other, line, known);
            client.drop();
            awaitGuests(other, line, concat(known, "held"));
            try (PlainClient next = new PlainClient(deployment.line("partyline/line"))) {
                assertThat(next.resume(welcome, 0, "\"tabs\":[\"" + client.tab() + "\"]").getBoolean("resumed")).isTrue();
                assertThat(request(other, ids.incrementAndGet(), "showOut", "\"" + line + "\"").getBoolean("value")).isTrue();
                awaitGuests(other, line, concat(known, "held", "resumed", "closed " + client.tab(), "closed"));
            }
        }
    }

    private void awaitGuests(PlainClient asking, String line, List<String> entries) {
        await().untilAsserted(() -> assertThat(request(asking, ids.incrementAndGet(), "guests", "\"" + line + "\"").getJsonArray("value").getValuesAs(JsonString::getString))
            .containsExactlyElementsOf(entries));
    }

    private static List<String> concat(List<String> first, String... then) {
        return Stream.concat(first.stream(), Stream.of(then)).toList();
    }

    @Test
    void exceptionThatAnEjbThrowsIsAnsweredInTheWordsOfTheApplication() {
        try (PlainClient client = welcomed()) {
            int id = 0;
            for (String thread : SERVER ? List.of("", ".nonBlocking") : List.<String>of()) {
                JsonObject error = request(client, ++id, "sell" + thread, item("pears")).getJsonObject("error");
                assertThat(error.getString("code") + ": " + error.getString("message")).isEqualTo("sold_out: pears are sold out");
                error = request(client, ++id, "refuse" + thread, item("pears")).getJsonObject("error");
                assertThat(error.getString("code") + ": " + error.getString("message")).isEqualTo("closed: the shop is closed");
                assertThat(error.getBoolean("retryable")).isTrue();
            }
        }
    }

    /** What a page receives, it finds in the database. */
    @Test
    void messagesOfATransactionAreSentAfterItsCommitAndNotAfterARollback() {
        if (!SERVER) {
            return;
        }
        try (PlainClient client = welcomed()) {
            join(client, 1, "orders");
            for (int i = 1; i <= 20; i++) {
                String thread = i % 2 == 0 ? "" : ".nonBlocking";
                client.send("{\"type\":\"tellAndFail" + thread + "\",\"from\":\"" + client.tab() + "\",\"value\":" + item("refused-" + i) + "}",
                    "{\"type\":\"tell" + thread + "\",\"from\":\"" + client.tab() + "\",\"value\":" + item("told-" + i) + "}");
                String item = "told-" + i;
                List<JsonObject> told = List.of(client.next(OrdersIT::isTold), client.next(OrdersIT::isTold));
                assertThat(rows()).contains("told-" + i).doesNotContain("refused-" + i);
                assertThat(told).anySatisfy(ordered -> assertThat(ordered.getString("value", "")).isEqualTo(item))
                    .anySatisfy(placed -> assertThat(placed.get("value").toString()).contains('"' + item + '"'));
            }
        }
    }

    @Test
    void messagesToTabLineAndUserAreSentAfterTheCommitToo() {
        if (!SERVER) {
            return;
        }
        try (PlainClient client = new PlainClient(deployment.line("partyline/line"))) {
            client.hello("\"tabs\":[\"" + client.tab() + "\"],\"token\":\"ann\"");
            for (int i = 1; i <= 6; i++) {
                String thread = i % 2 == 0 ? "" : ".nonBlocking";
                client.send("{\"type\":\"tellCallerAndFail" + thread + "\",\"from\":\"" + client.tab() + "\",\"value\":" + item("refused-me-" + i) + "}",
                    "{\"type\":\"tellCaller" + thread + "\",\"from\":\"" + client.tab() + "\",\"value\":" + item("told-me-" + i) + "}");
                List<String> told = new ArrayList<>();
                while (told.size() < 3) {
                    JsonObject frame = client.next(one -> one.getString("type", "").matches("to(Tab|Line|User)"));
                    told.add(frame.getString("type") + " " + frame.getString("value"));
                }
                assertThat(told).containsExactlyInAnyOrder("toTab told-me-" + i, "toLine told-me-" + i, "toUser told-me-" + i);
                assertThat(rows()).contains("told-me-" + i).doesNotContain("refused-me-" + i);
            }
        }
    }

    private static boolean isTold(JsonObject frame) {
        return frame.containsKey("topic") && frame.toString().matches(".*(refused|told)-.*");
    }

    /** However the calls are mixed. They share the threads of the pool, and those of the container. */
    @Test
    void answeredSuccessHasItsRowAndNoOtherRowIsThere() {
        if (!SERVER) {
            assertThat(deployment.get("api/orders").statusCode()).isEqualTo(HttpURLConnection.HTTP_NOT_FOUND);
            return;
        }
        System.out.println("-Dpartyline.seed=" + SEED);
        Queue<String> placed = new ConcurrentLinkedQueue<>();
        Queue<String> late = new ConcurrentLinkedQueue<>();
        Queue<String> surprises = new ConcurrentLinkedQueue<>();
        Map<String, LongAdder> kinds = new ConcurrentSkipListMap<>();
        ExecutorService threads = Executors.newFixedThreadPool(LINES);
        try {
            List<CompletableFuture<Void>> lines = new ArrayList<>();
            for (int i = 0; i < LINES; i++) {
                int number = i;
                lines.add(CompletableFuture.runAsync(() -> callMixed(number, placed, late, surprises, kinds), threads));
            }
            CompletableFuture.allOf(lines.toArray(CompletableFuture[]::new)).join();
        } finally {
            threads.shutdown();
        }

        // The answer was a timeout, which does not tell whether the row comes.
        await("transactions that commit after the answer").untilAsserted(() -> assertThat(rows()).containsAll(late));
        Set<String> rows = rows();
        rows.removeIf(row -> !row.startsWith("mixed-") || late.contains(row));
        System.out.println(Claims.container() + ": " + kinds + ", " + placed.size() + " answered successes, " + rows.size() + " rows, " + surprises.size() + " other answers than expected");
        assertThat(kinds).containsKeys(ANSWERS.keySet().toArray(String[]::new));
        assertThat(rows).as("%d rows of %d answered successes", rows.size(), placed.size()).isEqualTo(new TreeSet<>(placed));
        assertThat(surprises.stream().limit(5)).as("%d answers", surprises.size()).isEmpty();
        assertThat(placed).hasSizeGreaterThan(CALLS / 4);
    }

    private void callMixed(int number, Queue<String> placed, Queue<String> late, Queue<String> surprises, Map<String, LongAdder> kinds) {
        Random random = new Random(SEED + number);
        try (PlainClient client = welcomed()) {
            int calls = CALLS / LINES;
            // The first lines begin with one, so that each of them is in every run.
            int phase = number < SLOW.size() ? CALLS_PER_SLOW - 1 : random.nextInt(CALLS_PER_SLOW);
            for (int id = 1; id <= calls; id++) {
                boolean slow = (id + phase) % CALLS_PER_SLOW == 0;
                String kind = slow ? SLOW.get((id / CALLS_PER_SLOW + number) % SLOW.size()) : random.nextBoolean() ? "commit" : QUICK.get(random.nextInt(QUICK.size()));
                String item = "mixed-" + number + "-" + id;
                JsonObject answer = request(client, id, kind + (slow || random.nextInt(4) > 0 ? "" : ".nonBlocking"), item(item));
                String told = answer.containsKey("error") ? answer.getJsonObject("error").getString("code") : "value";
                kinds.computeIfAbsent(kind, any -> new LongAdder()).increment();
                if (told.equals("value")) {
                    placed.add(item);
                } else if (kind.equals(LATE)) {
                    late.add(item);
                }
                if (!told.equals(ANSWERS.get(kind))) {
                    surprises.add(kind + " " + answer);
                }
            }
        }
    }

    private Set<String> rows() {
        HttpResponse<String> answer = deployment.get("api/orders");
        assertThat(answer.statusCode()).as(answer::body).isEqualTo(HttpURLConnection.HTTP_OK);
        Set<String> rows = new TreeSet<>();
        Golden.parse("{\"rows\":" + answer.body() + "}").getJsonArray("rows").getValuesAs(JsonString.class).forEach(row -> assertThat(rows.add(row.getString())).isTrue());
        return rows;
    }

    private PlainClient welcomed() {
        return PlainClient.welcomed(deployment.line("partyline/line"));
    }

    private static String item(String item) {
        return "{\"item\":\"" + item + "\"}";
    }

    private static JsonObject request(PlainClient client, int id, String type, String value) {
        return client.send("{\"type\":\"" + type + "\",\"from\":\"" + client.tab() + "\",\"id\":" + id + ",\"value\":" + value + "}").reply(id);
    }

    private static JsonObject join(PlainClient client, int id, String topic) {
        return client.send("{\"type\":\"$join\",\"topic\":\"" + topic + "\",\"id\":" + id + "}").reply(id);
    }
}
