package dev.partyline.faults;

import dev.partyline.testing.Golden;
import dev.partyline.testing.RawClient;
import dev.partyline.testing.RawClient.Frame;
import jakarta.json.JsonException;
import jakarta.json.JsonObject;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * One WebSocket after the other that carries the frames of a {@link FrameGrammar}, as text or in any other way, and listens to what it may not hear.
 *
 * <p>It says hello or does not, answers pings or does not, acknowledges or does not, and ends with a close or without.
 */
final class FuzzClient {

    private static final int CONTINUATION = 0x0;
    private static final int BINARY = 0x2;
    private static final int MOST_MESSAGES = 60;
    private static final byte[] NO_UTF_8 = {(byte) 0xff, (byte) 0xfe, (byte) 0xc0};
    private static final byte[] CLOSE_1000 = {0x03, (byte) 0xe8};

    private final URI line;
    private final Random random;
    private final FrameGrammar.Known known;
    private final FrameGrammar grammar;
    private final String secret;
    private final Queue<String> violations;
    private final AtomicLong frames;

    /** @param secret that it must not hear */
    FuzzClient(URI line, Random random, FrameGrammar.Known known, FrameGrammar grammar, String secret, Queue<String> violations, AtomicLong frames) {
        this.line = line;
        this.random = random;
        this.known = known;
        this.grammar = grammar;
        this.secret = secret;
        this.violations = violations;
        this.frames = frames;
    }

    /** One socket, from its handshake to its end. */
    void connectOnce() {
        try (RawClient socket = new RawClient(line, 0, "Origin: http://" + line.getAuthority())) {
            Ear ear = new Ear(socket, grammar.chance(0.9), grammar.chance(0.6));
            Thread thread = new Thread(ear, "fuzz-ear");
            thread.setDaemon(true);
            thread.start();
            boolean open = !grammar.chance(0.85) || ear.send(RawClient.TEXT, grammar.properHello());
            for (int count = random.nextInt(MOST_MESSAGES); count > 0 && open; count--) {
                open = sendMessage(ear);
                if (grammar.chance(0.3)) {
                    LockSupport.parkNanos(random.nextInt(20_000_000));
                }
            }
            if (grammar.chance(0.3)) {
                socket.write(RawClient.frame(RawClient.FIN | RawClient.CLOSE, CLOSE_1000));
            }
        } catch (UncheckedIOException e) {
            // Refused, or cut in the handshake.
        }
    }

    private boolean sendMessage(Ear ear) {
        StringBuilder message = new StringBuilder();
        for (int count = 1 + random.nextInt(4); count > 0; count--) {
            message.append(message.isEmpty() ? "" : grammar.chance(0.97) ? "\n" : grammar.oneOf("", "\r\n", " ", "\n\n\n")).append(grammar.frame(ear.chars, ear.inbox));
            frames.incrementAndGet();
        }
        String text = message.toString();
        ear.mayHear(text);
        if (grammar.chance(0.9)) {
            return ear.send(RawClient.TEXT, text);
        }
        return ear.socket.write(oddly(text));
    }

    /** In a way that the protocol forbids, or that libraries do not take. */
    private byte[] oddly(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int cut = random.nextInt(bytes.length + 1);
        return switch (random.nextInt(12)) {
            case 0, 1, 2, 3 -> join(RawClient.frame(RawClient.TEXT, Arrays.copyOf(bytes, cut)), grammar.chance(0.3) ? RawClient.frame(RawClient.FIN | RawClient.PING, new byte[1]) : new byte[0],
                RawClient.frame(RawClient.FIN | CONTINUATION, Arrays.copyOfRange(bytes, cut, bytes.length)));
            case 4 -> RawClient.frame(RawClient.FIN | BINARY, bytes);
            case 5 -> RawClient.frame(RawClient.FIN | grammar.oneOf(RawClient.PING, RawClient.PONG), new byte[random.nextInt(125)]);
            case 6 -> RawClient.frame(RawClient.FIN | RawClient.CLOSE, new byte[] {(byte) random.nextInt(256), (byte) random.nextInt(256)});
            case 7 -> RawClient.frame(RawClient.FIN | grammar.oneOf(3, 7, 11, 15), bytes);
            case 8 -> RawClient.frame(RawClient.FIN | RawClient.TEXT, NO_UTF_8);
            case 9 -> join(RawClient.header(RawClient.FIN | RawClient.TEXT, bytes.length, false), bytes);
            case 10 -> RawClient.frame(RawClient.FIN | CONTINUATION, bytes);
            default -> Arrays.copyOf(RawClient.frame(RawClient.FIN | RawClient.TEXT, bytes), 1 + cut);
        };
    }

    private static byte[] join(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        byte[] all = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    /** Reads to the end of the socket. */
    private final class Ear implements Runnable {

        private final RawClient socket;
        private final boolean answersPings;
        private final boolean acknowledges;
        private final Set<String> joined = ConcurrentHashMap.newKeySet();
        private volatile long chars;
        private volatile long inbox;

        private Ear(RawClient socket, boolean answersPings, boolean acknowledges) {
            this.socket = socket;
            this.answersPings = answersPings;
            this.acknowledges = acknowledges;
            joined.add("*");
        }

        private boolean send(int opcode, String text) {
            mayHear(text);
            return socket.write(RawClient.frame(RawClient.FIN | opcode, text.getBytes(StandardCharsets.UTF_8)));
        }

        /** The topics that a message names, in a join or a hello or a broken frame. */
        private void mayHear(String text) {
            if (text.contains("$join") || text.contains("$hello")) {
                FrameGrammar.TOPICS.stream().filter(topic -> text.contains("\"" + topic + "\"")).forEach(joined::add);
                if (text.contains("\"demo.n0\"")) {
                    joined.add("demo.n");
                }
            }
        }

        @Override
        public void run() {
            try {
                for (Optional<Frame> frame = socket.readWhole(); frame.isPresent(); frame = socket.readWhole()) {
                    onFrame(frame.get());
                }
            } catch (UncheckedIOException e) {
                // Closed, or silent for too long: the server may wait for a hello.
            }
        }

        private void onFrame(Frame frame) {
            if (frame.opcode() == RawClient.PING && answersPings) {
                socket.write(RawClient.frame(RawClient.FIN | RawClient.PONG, frame.payload()));
            } else if (frame.opcode() == RawClient.TEXT || frame.opcode() == BINARY) {
                String text = frame.text();
                chars += text.length();
                if (text.contains(secret)) {
                    violations.add("a secret of another client came: " + text);
                }
                text.lines().forEach(this::onLine);
                if (acknowledges) {
                    send(RawClient.TEXT, "{\"type\":\"$ack\",\"bytes\":" + chars + ",\"inbox\":" + inbox + "}");
                }
            }
        }

        private void onLine(String line) {
            JsonObject frame;
            try {
                frame = Golden.parse(line);
            } catch (JsonException e) {
                violations.add(e.getMessage() + " in " + line);
                return;
            }
            String type = frame.get("type") instanceof jakarta.json.JsonString name ? name.getString() : "";
            if (type.equals("$welcome")) {
                onWelcome(frame);
            } else if (type.equals("$ping") && answersPings) {
                send(RawClient.TEXT, "{\"type\":\"$pong\"}");
            } else if (frame.containsKey("topic") && !type.startsWith("$")) {
                String topic = frame.getString("topic");
                if (!joined.contains(topic) && !(topic.startsWith("demo.n") && joined.contains("demo.n"))) {
                    violations.add("a message of a topic came that was not joined: " + line);
                }
            } else if (!type.startsWith("$")) {
                inbox++;
            }
        }

        private void onWelcome(JsonObject welcome) {
            inbox = welcome.getJsonNumber("inbox").longValue();
            known.line(welcome.getString("line"), welcome.getString("key"));
            welcome.getJsonObject("topics").forEach((topic, place) -> {
                joined.add(topic);
                if (place.asJsonObject().containsKey("at")) {
                    known.epoch(place.asJsonObject().getJsonArray("at").getString(0));
                }
            });
        }
    }
}
