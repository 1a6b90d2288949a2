package dev.partyline.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.RawClient;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Partyline by itself: what {@code java -jar partyline.war} does with its flags and its environment, and how it ends. */
@Timeout(120)
class LauncherIT {

    private static final int BAD_USAGE = 2;
    private static final int DID_NOT_START = 1;
    private static final int TERMINATED = 128 + 15;
    private static final int STANDSTILLS = 5;
    private static final int ASKING = 40;
    private static final int AT_ONCE = 20;
    private static final int DESCRIPTORS = 260;
    private static final int MORE_THAN_THREADS = 550;
    /** More than Tomcat has threads by default, and fewer than one address may have sockets. */
    private static final int DEAF = 250;
    private static final ExecutorService ASKERS = Executors.newCachedThreadPool();

    @Test
    void flagsSayWhereItIsAndPropertiesHowItIsSet() {
        int port = PartylineServer.freePort();
        try (Run run = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "" + port, "--context", "/a/b", "-Dpartyline.tabs=3", "-Dpartyline.demo=false");
             PlainClient client = run.line()) {
            assertThat(run.host()).isEqualTo("127.0.0.1");
            assertThat(run.port()).isEqualTo(port);
            assertThat(run.context()).isEqualTo("/a/b");
            assertThat(run.get("/").body()).contains("<title>Partyline</title>");
            assertThat(client.hello("").getJsonObject("limits").getInt("tabs")).isEqualTo(3);
            client.send("{\"type\":\"anything\",\"from\":\"t\",\"id\":1}");
            assertThat(client.reply(1).getJsonObject("error").getString("code")).as("with the demo off").isEqualTo("unknown_type");
        }
    }

    @Test
    void environmentSaysBothWherePropertiesDoNot() {
        Map<String, String> environment = Map.of("PARTYLINE_HOST", "127.0.0.1", "PARTYLINE_PORT", "0", "PARTYLINE_CONTEXT", "/", "PARTYLINE_TABS", "4", "PARTYLINE_TOPICS", "5",
            "PARTYLINE_API_KEY", "sesame", "PARTYLINE_TAB", "6", "PARTYLINE_SERVICE_HOST", "10.0.0.1");
        try (Run run = Run.of(environment, "-Dpartyline.topics=7", "-Dpartyline.topic=8"); PlainClient client = run.line()) {
            assertThat(run.context()).isEmpty();
            assertThat(client.hello("").getJsonObject("limits").getInt("tabs")).isEqualTo(4);
            assertThat(run.get("/api/lines").statusCode()).isEqualTo(401);
            assertThat(run.get("/api/lines", "Authorization", "Bearer sesame").statusCode()).isEqualTo(200);
            assertThat(run.output()).contains("Unknown setting PARTYLINE_TAB;", "Unknown setting partyline.topic;")
                .doesNotContain("setting PARTYLINE_HOST", "setting PARTYLINE_SERVICE_HOST", "sesame");
            try (PlainClient other = run.line()) {
                assertThat(other.hello("").getJsonObject("limits").getInt("topics")).isEqualTo(7);
            }
        }
    }

    @Test
    void openDemoThatOthersReachIsWarnedOfAndOneOfThisMachineIsNot() {
        String warning = "The demo is on, and the server listens on 0.0.0.0: every client that reaches this server may join the topics demo.* and publish to them";
        try (Run run = Run.of(Map.of(), "--host", "0.0.0.0", "--port", "0")) {
            assertThat(run.get("/").statusCode()).isEqualTo(200);
            assertThat(run.output()).contains("WARNING", warning, "Set partyline.demo to false");
        }
        try (Run run = Run.of(Map.of(), "--port", "0")) {
            assertThat(run.get("/").statusCode()).isEqualTo(200);
            assertThat(run.output()).doesNotContain("The demo is on");
        }
        try (Run run = Run.of(Map.of(), "--host", "0.0.0.0", "--port", "0", "-Dpartyline.demo=false")) {
            assertThat(run.get("/").statusCode()).isEqualTo(200);
            assertThat(run.output()).doesNotContain("The demo is on");
        }
    }

    @Test
    void helpIsAllThatWhoeverAsksForItGets() {
        try (Run run = Run.of(Map.of(), "--help")) {
            assertThat(run.exitCode()).isZero();
            assertThat(run.output()).contains("--host", "--port", "--context", "PARTYLINE_PORT", "default 8080");
        }
    }

    @Test
    void flagThatIsNoneIsToldWithThoseThatAre() {
        try (Run run = Run.of(Map.of(), "--prot", "80")) {
            assertThat(run.exitCode()).isEqualTo(BAD_USAGE);
            assertThat(run.output()).startsWith("unknown option --prot\nUsage: ").contains("--port PORT");
        }
    }

    @Test
    void settingThatIsNotAllowedIsTheLastWordAndNoTrace() {
        try (Run run = Run.of(Map.of("PARTYLINE_HOLD", "soon"), "--port", "0")) {
            assertThat(run.exitCode()).isEqualTo(DID_NOT_START);
            assertThat(run.output()).doesNotContain("\tat ");
            assertThat(lastLine(run)).startsWith("the application did not start: partyline.hold is \"soon\", must be a time ");
            assertThat(run.leftovers()).isEmpty();
        }
    }

    @Test
    void portThatIsTakenIsTheLastWordAndNoTrace() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
             Run run = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "" + taken.getLocalPort())) {
            assertThat(run.exitCode()).isEqualTo(DID_NOT_START);
            assertThat(run.output()).doesNotContain("\tat ");
            assertThat(lastLine(run)).startsWith("cannot listen on 127.0.0.1:" + taken.getLocalPort() + ": ").endsWith("Try another --port or --host");
            assertThat(run.leftovers()).isEmpty();
        }
    }

    @Test
    void hostThatIsNoneIsRefusedInsteadOfListeningEverywhere() {
        try (Run run = Run.of(Map.of(), "--host", "no-such-host.invalid", "--port", "0")) {
            assertThat(run.exitCode()).isEqualTo(DID_NOT_START);
            assertThat(lastLine(run)).isEqualTo("cannot listen on no-such-host.invalid: there is no such host");
            assertThat(run.leftovers()).isEmpty();
        }
    }

    /** Each of its headers comes in time, and there are fewer of them than are allowed. */
    @Test
    void handshakeThatIsNeverCompleteIsEnded() throws IOException {
        try (Run run = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "0"); Socket slow = new Socket("127.0.0.1", run.port())) {
            write(slow, "GET /partyline/line HTTP/1.1\r\nHost: localhost\r\n");
            await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(500)).until(() -> {
                try {
                    write(slow, "X: y\r\n");
                    slow.setSoTimeout(1);
                    return slow.getInputStream().read() < 0;
                } catch (SocketTimeoutException e) {
                    return false;
                } catch (SocketException e) {
                    return true;
                }
            });
            assertThat(run.get("/health/live").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void threadDoesNotWaitForABodyThatNoOneReads() throws IOException {
        List<Socket> slow = new ArrayList<>();
        try (Run run = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "0", "-Dpartyline.api.key=sesame")) {
            for (int i = 0; i < MORE_THAN_THREADS; i++) {
                Socket one = new Socket("127.0.0.1", run.port());
                slow.add(one);
                write(one, "POST /partyline/api/all HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{");
            }
            assertThat(run.get("/health/live").statusCode()).isEqualTo(200);
            for (Socket one : slow) {
                one.setSoTimeout(4000);
                assertThat(new String(one.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1)).startsWith("HTTP/1.1 401");
            }
        } finally {
            for (Socket one : slow) {
                one.close();
            }
        }
    }

    @Test
    void clientsThatDoNotReadTheirPongsLeaveThreadsForOthers() {
        List<RawClient> deaf = new ArrayList<>();
        LongAdder pings = new LongAdder();
        byte[] ping = RawClient.frame(RawClient.FIN | RawClient.PING, new byte[125]);
        try (Run run = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "0", "-Dpartyline.send.within=60s", "-Dpartyline.lines.per.address=" + DEAF,
            "-Dpartyline.rate=1000000", "-Dpartyline.rate.burst=1000000")) {
            for (int i = 0; i < DEAF; i++) {
                RawClient one = new RawClient(run.port(), 4096, "Origin: http://127.0.0.1:" + run.port());
                deaf.add(one);
                one.send("{\"type\":\"$hello\",\"v\":1}");
                Thread writer = new Thread(() -> {
                    while (one.write(ping)) {
                        pings.increment();
                    }
                }, "pings");
                writer.setDaemon(true);
                writer.start();
            }
            AtomicLong before = new AtomicLong();
            await().atMost(Duration.ofSeconds(40)).pollInterval(Duration.ofSeconds(1)).until(() -> before.getAndSet(pings.sum()) == pings.sum());

            assertThat(run.get("/health/live").statusCode()).as("while no ping is read").isEqualTo(200);
        } finally {
            deaf.forEach(RawClient::close);
        }
    }

    /** Both were found by {@code HttpFuzzIT}: the connection that must be closed was taken for an error of the server. */
    @Test
    void bodyThatNoOneReadsDoesNotChangeTheStatus() throws IOException {
        try (Run run = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "0")) {
            for (String method : List.of("OPTIONS", "HEAD", "GET")) {
                assertThat(statusLine(run, method, "Content-Length: 3")).as(method).startsWith("HTTP/1.1 200");
            }
            assertThat(statusLine(run, "DELETE", "Content-Length: 3")).startsWith("HTTP/1.1 405");
            assertThat(statusLine(run, "POST", "Content-Length: 3\r\nContent-Length: 4")).startsWith("HTTP/1.1 400");
        }
    }

    /** Found by {@code HttpFuzzIT}: Tomcat redirected to the folder with the whole query, in a head that was too long to be sent, and then answered with 500. */
    @Test
    void folderIsNotFoundAndNoRedirectRepeatsALongQuery() {
        String longQuery = "?" + "x".repeat(8_000);
        try (Run run = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "0")) {
            for (String method : List.of("GET", "POST", "HEAD")) {
                for (String folder : List.of("/api", "/demo", "/partyline", "/partyline/worker", "/./partyline", "/api/lines/..", "/%61pi", "//api", "/api;a=b", "/api/", "/partyline/worker/")) {
                    for (String query : List.of("", "?a=1", longQuery)) {
                        String answer = exchange(run, method, "/partyline" + folder + query);
                        assertThat(answer).as(method + " " + folder).startsWith("HTTP/1.1 404").contains("nosniff").doesNotContain("Location");
                    }
                }
                assertThat(exchange(run, method, "/partyline?a=1&b=%2f")).as(method).startsWith("HTTP/1.1 302").contains("Location: ./partyline/?a=1&b=%2f\r\n", "nosniff");
                assertThat(exchange(run, method, "/partyline" + longQuery)).as(method).startsWith("HTTP/1.1 302").contains("Location: ./partyline/\r\n");
                assertThat(exchange(run, method, "/partyline/" + longQuery)).as(method).startsWith("HTTP/1.1 200");
            }
        }
        try (Run root = Run.of(Map.of(), "--host", "127.0.0.1", "--port", "0", "--context", "/")) {
            assertThat(exchange(root, "GET", "/" + longQuery)).startsWith("HTTP/1.1 200");
            assertThat(exchange(root, "GET", "//evil.example")).startsWith("HTTP/1.1 404");
            assertThat(exchange(root, "GET", "//api" + longQuery)).startsWith("HTTP/1.1 404");
        }
    }

    private static String exchange(Run run, String method, String target) {
        return run.exchange(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }

    private static String statusLine(Run run, String method, String length) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", run.port())) {
            write(socket, method + " /partyline/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + length + "\r\n\r\nabc");
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1).lines().findFirst().orElse("");
        }
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void stopClosesEveryLineWithByeAndLeavesNothingBehind() {
        try (Run run = Run.of(Map.of(), "--port", "0"); PlainClient client = run.line()) {
            client.hello("\"tabs\":[\"t\"]");
            assertThat(run.leftovers()).as("while it runs").isNotEmpty();

            run.terminate();

            assertThat(client.next(frame -> frame.getString("type", "").equals("$bye")).getInt("code")).isEqualTo(4000);
            assertThat(client.closeCode()).isEqualTo(4000);
            assertThat(run.exitCode()).isEqualTo(TERMINATED);
            assertThat(run.output()).contains("Partyline is stopping");
            assertThat(run.leftovers()).isEmpty();
        }
    }

    @Test
    void healthCheckAsksWhereTheServerIs() {
        Map<String, String> environment = Map.of("PARTYLINE_HOST", "0.0.0.0", "PARTYLINE_PORT", "" + PartylineServer.freePort(), "PARTYLINE_CONTEXT", "/p");
        try (Run before = Run.health(environment)) {
            assertThat(before.exitCode()).isEqualTo(1);
            assertThat(before.output()).contains("does not answer").doesNotContain("\tat ");
        }
        try (Run run = Run.of(environment)) {
            assertThat(run.get("/health").statusCode()).isEqualTo(200);
            try (Run check = Run.health(environment)) {
                assertThat(check.exitCode()).as(check.output()).isZero();
            }
            try (Run elsewhere = Run.health(environment, "--context", "/q")) {
                assertThat(elsewhere.exitCode()).isEqualTo(1);
            }
        }
    }

    /** A send that was under way when everything stopped has taken long by its clock, and is no reader's fault. */
    @Test
    void serverThatStandsStillForAMomentKeepsItsSockets() {
        AtomicBoolean over = new AtomicBoolean();
        try (Run run = Run.of(Map.of(), "--port", "0", "-Dpartyline.rate=1000000", "-Dpartyline.rate.burst=1000000")) {
            List<PlainClient> clients = IntStream.range(0, ASKING).mapToObj(i -> PlainClient.welcomed(run.lineAddress())).toList();
            List<CompletableFuture<Long>> asked = clients.stream().map(client -> CompletableFuture.supplyAsync(() -> ask(client, over), ASKERS)).toList();
            try {
                for (int i = 0; i < STANDSTILLS; i++) {
                    run.standStill(Duration.ofMillis(1_500));
                }
            } finally {
                over.set(true);
            }
            assertThat(asked).allSatisfy(count -> assertThat(count.join()).isPositive());
            assertThat(clients).allMatch(PlainClient::isOpen);
            clients.forEach(PlainClient::close);
        }
    }

    /** What the clients have sent meanwhile waits in the buffers of their sockets, and says that they are well. */
    @Test
    void standstillLongerThanEveryDeadlineClosesNoLineThatSendsMeanwhile() {
        try (Run run = Run.of(Map.of(), "--port", "0", "-Dpartyline.silence=3s", "-Dpartyline.keep.alive=2s", "-Dpartyline.send.within=1s")) {
            List<PlainClient> clients = IntStream.range(0, ASKING).mapToObj(i -> PlainClient.welcomed(run.lineAddress())).toList();
            run.standStill(Duration.ofSeconds(5), () -> clients.forEach(client -> client.send("{\"type\":\"$ping\"}")));

            for (PlainClient client : clients) {
                client.next(frame -> frame.getString("type", "").equals("$pong"));
                client.send("{\"type\":\"anything\",\"from\":\"" + client.tab() + "\",\"id\":1}");
                assertThat(client.reply(1)).containsKey("value");
            }
            assertThat(clients).allMatch(PlainClient::isOpen);
            clients.forEach(PlainClient::close);
        }
    }

    /** A class that is needed for the first time while there is none could never be loaded again. */
    @Test
    void serverThatRanOutOfFileDescriptorsServesEveryFrameAgain() throws IOException {
        try (Run run = Run.withDescriptors(DESCRIPTORS); PlainClient early = PlainClient.welcomed(run.lineAddress())) {
            List<Socket> many = new ArrayList<>();
            for (int i = 0; i < 2 * DESCRIPTORS; i++) {
                many.add(new Socket(InetAddress.getLoopbackAddress(), run.port()));
            }
            await().until(() -> run.output().contains("Too many open files"));
            early.send(everyFrame(early.tab()));
            assertThat(replies(early)).noneMatch(reply -> reply.containsKey("error"));
            for (Socket socket : many) {
                socket.close();
            }
            await().ignoreExceptions().until(() -> run.get("/health/ready").statusCode() == 200);

            try (PlainClient late = PlainClient.welcomed(run.lineAddress())) {
                late.send(everyFrame(late.tab()));
                assertThat(replies(late)).noneMatch(reply -> reply.containsKey("error"));
                late.next(frame -> frame.getString("type", "").equals("$pong"));
                late.send("{\"type\":\"$bye\"}");
                assertThat(late.closeCode()).isEqualTo(1000);
            }
            assertThat(run.output()).doesNotContain("NoClassDefFoundError");
        }
    }

    /** The replies to {@link #everyFrame}, as they become ready. */
    static List<JsonObject> replies(PlainClient client) {
        return Stream.generate(client::next).filter(frame -> frame.containsKey("re")).limit(5).toList();
    }

    static String[] everyFrame(String tab) {
        String from = ",\"from\":\"" + tab + "\"";
        return new String[] {
            "{\"type\":\"$join\",\"topic\":\"demo.a\",\"id\":1" + from + "}",
            "{\"type\":\"$publish\",\"topic\":\"demo.a\",\"value\":1,\"id\":2" + from + "}",
            "{\"type\":\"$publish\",\"topic\":\"demo.a\",\"key\":\"k\",\"value\":1,\"id\":3" + from + "}",
            "{\"type\":\"anything\",\"value\":{\"a\":[1,2.5,null]},\"id\":4" + from + "}",
            "{\"type\":\"$leave\",\"topic\":\"demo.a\",\"id\":5" + from + "}",
            "{\"type\":\"$tab\",\"state\":\"hidden\"" + from + "}",
            "{\"type\":\"$ping\"}",
            "{\"type\":\"$ack\",\"bytes\":1,\"inbox\":0}"};
    }

    /** Asks without a pause, a few questions at a time; how many were answered. */
    private static long ask(PlainClient client, AtomicBoolean over) {
        long id = 0;
        while (!over.get()) {
            for (int i = 0; i < AT_ONCE; i++) {
                client.send("{\"type\":\"nothing.known\",\"from\":\"" + client.tab() + "\",\"id\":" + ++id + "}");
            }
            client.reply(id);
        }
        return id;
    }

    @Test
    void noPageTellsTheVersionOfTheServerOrShowsATrace() {
        try (Run run = Run.of(Map.of(), "--port", "0")) {
            for (String target : List.of("/partyline/", "/partyline/nothing", "/nothing", "/partyline/x#", "/partyline/%zz", "*", "/partyline/health/nothing", "/..;/x")) {
                for (String method : List.of("GET", "POST", "TRACE", "BREW")) {
                    String answer = run.exchange(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    assertThat(answer).as(method + " " + target).startsWith("HTTP/1.1 ").doesNotContainIgnoringCase("\nServer:").doesNotContainIgnoringCase("\nX-Powered-By:")
                        .doesNotContainPattern("(?i)apache|tomcat/|coyote|java\\.|\\tat ");
                }
            }
            for (String head : List.of("GET /partyline/\r\n", "GET /partyline/ HTTP/9.9\r\n", "GET /partyline/ HTTP/1.1\r\nHost: a b\r\n", "GET /partyline/ HTTP/1.1\r\n",
                "GET /partyline/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: nothing\r\n")) {
                assertThat(run.exchange(head + "Connection: close\r\n\r\n")).as(head).doesNotContainPattern("(?i)apache|tomcat|coyote|java\\.|\\tat ");
            }
        }
    }

    private static String lastLine(Run run) {
        String said = run.output().strip();
        return said.substring(said.lastIndexOf('\n') + 1);
    }
}
