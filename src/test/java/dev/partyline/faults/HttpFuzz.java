package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** Three clients that send whatever comes to mind as HTTP, beside a line that is well. {@code -Dfuzz.seconds} runs it longer. */
final class HttpFuzz {

    private static final int CLIENTS = 3;
    private static final int ANSWER_MILLIS = 6_000;
    private static final String TOPIC = "demo.open";
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private static final Pattern STATUS = Pattern.compile("^HTTP/1\\.1 (\\d{3})", Pattern.MULTILINE);
    /** Besides 503: what HTTP has for methods and versions that nothing implements. */
    private static final Set<Integer> ALLOWED = Set.of(501, 503, 505);
    /** Stack traces and the inside of the WAR. */
    static final String INSIDE = "\\bat (dev|org|com|fish|java|jakarta|jdk)\\.|\\tat |java\\.lang\\.|Exception|StackOverflow|<web-app|Manifest-Version|\u00ca\u00fe\u00ba\u00be|root:x";
    private static final Pattern PROTECTED = Pattern.compile(".*/api/(topics|tabs|users|all|lines)\\b.*");
    private static final Set<String> HARMLESS = Set.of("OPTIONS", "TRACE");
    private static final String OWN_HEADER = "X-Content-Type-Options: nosniff";

    private final Fuzzing fuzzing;
    private final URI line;
    private final URI base;
    private final ServerAccess access;
    private final Pattern inside;
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final ConcurrentMap<Integer, Integer> statuses = new ConcurrentHashMap<>();
    private volatile Optional<Position> at = Optional.empty();

    /**
     * @param line   where the line of the server is
     * @param access to its HTTP API
     * @param inside what no answer may disclose
     */
    HttpFuzz(Fuzzing fuzzing, URI line, ServerAccess access, Pattern inside) {
        this.fuzzing = fuzzing;
        this.line = line;
        this.base = access.base();
        this.access = access;
        this.inside = inside;
    }

    void run() throws InterruptedException {
        try (LineClient witness = new LineClient(line, "witness", witness(), TOPIC).timeout(TIMEOUT)) {
            await().atMost(TIMEOUT).until(witness::isWelcome);

            fuzz(witness);

            long before = at.orElseThrow().offset();
            assertThat(access.post("topics/" + TOPIC, "{\"value\":1}")).isEqualTo(200);
            await().untilAsserted(() -> assertThat(at.orElseThrow().offset()).isEqualTo(before + 1));
            assertThat(violations).isEmpty();
            assertThat(witness.complaints()).isEmpty();
            assertThat(witness.sockets()).isEqualTo(1);
            System.out.println("HTTP fuzz: answers by status " + new TreeMap<>(statuses) + "; " + before + " published");
        }
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

    private void fuzz(LineClient witness) throws InterruptedException {
        long end = System.nanoTime() + fuzzing.duration().toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            RequestGrammar grammar = new RequestGrammar(Fuzzing.random(i), base.getPath(), access.key(), witness.tab());
            Thread thread = new Thread(() -> {
                while (System.nanoTime() - end < 0) {
                    ask(base.getPort(), grammar.request());
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
        if (inside.matcher(answer).find()) {
            violations.add(request + "\n-> " + beginning(answer));
        }
        // Payara itself answers a request with an empty Host, by 200 without content. All that Partyline answers has the header.
        if (answer.contains(OWN_HEADER) && !request.keyed() && last >= 200 && last < 400 && PROTECTED.matcher(request.target()).matches() && !HARMLESS.contains(request.method())) {
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
