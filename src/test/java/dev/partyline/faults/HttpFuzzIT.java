package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.launcher.Run;
import dev.partyline.testing.Fuzzing;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Position;
import jakarta.json.JsonArray;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Three clients that send whatever comes to mind as HTTP to {@code java -jar partyline.war}, beside a line that is well. {@code -Dfuzz.seconds} runs it longer. */
class HttpFuzzIT {

    private static final int CLIENTS = 3;
    private static final int ANSWER_MILLIS = 6_000;
    private static final String TOPIC = "demo.open";
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Pattern STATUS = Pattern.compile("^HTTP/1\\.1 (\\d{3})", Pattern.MULTILINE);
    /** Besides 503: what HTTP has for methods and versions that nothing implements. */
    private static final Set<Integer> ALLOWED = Set.of(501, 503, 505);
    /** Stack traces, the inside of the WAR, and names of servers with or without their version. */
    private static final Pattern INSIDE = Pattern.compile("\\bat (dev|org|com|fish|java|jakarta|jdk)\\.|\\tat |java\\.lang\\.|Exception|StackOverflow"
        + "|<web-app|Manifest-Version|\u00ca\u00fe\u00ba\u00be|root:x"
        + "|(?i:\\r\\nServer:|\\r\\nX-Powered-By:|Apache Tomcat|Tomcat/|Coyote|Catalina|Jetty|Payara|GlassFish|Grizzly|Eclipse\\.org)");
    private static final Pattern PROTECTED = Pattern.compile(".*/api/(topics|tabs|users|all|lines)\\b.*");
    private static final Set<String> HARMLESS = Set.of("OPTIONS", "TRACE");
    /** Tomcat logs the first request that it cannot parse, with a stack trace, as INFO. */
    private static final Pattern LOG_OF_NOTE = Pattern.compile(".* (SEVERE|WARNING) (?!dev\\.partyline\\.http\\.ApiKeyGuard: wrong API key).*|\\s+at dev\\.partyline.*");

    private final Fuzzing fuzzing = new Fuzzing(HttpFuzzIT.class);
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final ConcurrentMap<Integer, Integer> statuses = new ConcurrentHashMap<>();
    private volatile Optional<Position> at = Optional.empty();

    @Test
    void whateverIsAskedOverHttpTheAnswerTellsNothingAndNothingRefusedIsDelivered() {
        fuzzing.run(() -> {
            try (Run server = Run.of(Map.of("PARTYLINE_API_KEY", ServerAccess.KEY, "PARTYLINE_API_KEY_GUESSES", "1000000"), "--port", "0")) {
                try (LineClient witness = new LineClient(server.lineAddress(), "witness", witness(), TOPIC).timeout(TIMEOUT)) {
                    await().until(witness::isWelcome);

                    fuzz(server, witness);

                    ServerAccess access = new ServerAccess(URI.create("http://127.0.0.1:" + server.port() + server.context()));
                    long before = at.orElseThrow().offset();
                    assertThat(access.post("topics/" + TOPIC, "{\"value\":1}")).isEqualTo(200);
                    await().untilAsserted(() -> assertThat(at.orElseThrow().offset()).isEqualTo(before + 1));
                    assertThat(violations).isEmpty();
                    assertThat(witness.complaints()).isEmpty();
                    assertThat(witness.sockets()).isEqualTo(1);
                    System.out.println("HttpFuzzIT: answers by status " + new TreeMap<>(statuses) + "; " + before + " published");
                }
                assertThat(server.output().lines().filter(line -> LOG_OF_NOTE.matcher(line).matches())).isEmpty();
            }
        });
    }

    private LineClient.Listener witness() {
        return new LineClient.Listener() {
            @Override
            public void joined(String topic, Position place, boolean gap) {
                if (topic.equals(TOPIC)) {
                    at = Optional.of(place);
                }
            }

            @Override
            public void onFrame(JsonObject frame) {
                String text = frame.toString();
                if (text.contains(RequestGrammar.REFUSED)) {
                    violations.add("what was refused was delivered: " + text);
                }
                if (frame.getString("topic", "").equals(TOPIC)) {
                    JsonArray place = frame.getJsonArray("at");
                    Position next = new Position(place.getString(0), place.getJsonNumber(1).longValueExact());
                    Position expected = new Position(at.orElseThrow().epoch(), at.orElseThrow().offset() + 1);
                    if (!next.equals(expected)) {
                        violations.add(next + " came in place of " + expected);
                    }
                    at = Optional.of(next);
                }
            }
        };
    }

    private void fuzz(Run server, LineClient witness) throws InterruptedException {
        long end = System.nanoTime() + fuzzing.duration().toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            RequestGrammar grammar = new RequestGrammar(Fuzzing.random(i), server.context(), witness.tab());
            Thread thread = new Thread(() -> {
                while (System.nanoTime() - end < 0) {
                    ask(server.port(), grammar.request());
                }
            }, "http-fuzz-" + i);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private void ask(int port, RequestGrammar.HttpRequest request) {
        String answer = answer(port, request.bytes());
        var status = STATUS.matcher(answer);
        int last = 0;
        while (status.find()) {
            last = Integer.parseInt(status.group(1));
            if (last >= 500 && !ALLOWED.contains(last)) {
                violations.add(request + "\n-> " + beginning(answer));
            }
        }
        statuses.merge(last, 1, Integer::sum);
        if (INSIDE.matcher(answer).find()) {
            violations.add(request + "\n-> " + beginning(answer));
        }
        if (!request.keyed() && last >= 200 && last < 400 && PROTECTED.matcher(request.target()).matches() && !HARMLESS.contains(request.method())) {
            violations.add("without a key: " + request + "\n-> " + beginning(answer));
        }
    }

    private static String beginning(String answer) {
        return answer.substring(0, Math.min(answer.length(), 600));
    }

    /** All that comes until the server closes, or for so long. */
    private static String answer(int port, byte[] request) {
        StringBuilder answer = new StringBuilder();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(ANSWER_MILLIS);
            InputStream in = socket.getInputStream();
            socket.getOutputStream().write(request);
            byte[] buffer = new byte[16_384];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                answer.append(new String(buffer, 0, read, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            // Cut while it wrote, or no end came: what came is the answer.
        }
        return answer.toString();
    }
}
