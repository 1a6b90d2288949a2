package dev.partyline.line;

import dev.partyline.testing.Golden;
import dev.partyline.wire.CloseCode;
import jakarta.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A socket that records what it is sent, and fails at what no container supports. */
final class FakeSocket implements Socket {

    /** Whether a send ends before {@link #send} returns, as on some containers, or when the test says so. */
    boolean inline = true;
    /** Whether its client reads binary messages too. */
    boolean binary;
    /** What happens elsewhere as soon as something is sent. */
    Runnable onSend = () -> { };
    final List<String> messages = new ArrayList<>();
    int binaries;
    int pings;
    /** The payload of the last ping. */
    ByteBuffer ping;
    Runnable onPing = () -> { };
    /** How many messages were sent synchronously. */
    int syncs;
    /** What a container tells of the connection; null if it tells nothing. */
    FakeTraffic traffic;
    Optional<CloseCode> closed = Optional.empty();
    private SendCallback inFlight;
    private int read;

    @Override
    public void send(String text, SendCallback callback) {
        if (inFlight != null) {
            throw new AssertionError("a send while another is in flight: " + text);
        }
        record(text);
        onSend.run();
        if (inline) {
            callback.onSent(true);
        } else {
            inFlight = callback;
        }
    }

    @Override
    public void send(ByteBuffer utf8, SendCallback callback) {
        binaries++;
        send(StandardCharsets.UTF_8.decode(utf8).toString(), callback);
    }

    @Override
    public Optional<Traffic> traffic() {
        return Optional.ofNullable(traffic);
    }

    @Override
    public boolean sendSync(String text) {
        if (inFlight != null) {
            throw new AssertionError("a synchronous send while another is in flight: " + text);
        }
        record(text);
        syncs++;
        return true;
    }

    private void record(String text) {
        messages.add(text);
        if (traffic != null) {
            traffic.bytesSent += text.getBytes(StandardCharsets.UTF_8).length;
            traffic.framesSent += traffic.framesOfText(text.length());
        }
    }

    @Override
    public boolean sendSync(ByteBuffer utf8) {
        binaries++;
        return sendSync(StandardCharsets.UTF_8.decode(utf8).toString());
    }

    @Override
    public void ping(ByteBuffer payload) {
        if (inFlight != null) {
            throw new AssertionError("a ping while a send is in flight");
        }
        pings++;
        ping = payload;
        onPing.run();
    }

    @Override
    public void close(CloseCode code, String reason) {
        closed = closed.or(() -> Optional.of(code));
    }

    boolean isInFlight() {
        return inFlight != null;
    }

    void finish(boolean delivered) {
        SendCallback ended = inFlight;
        inFlight = null;
        ended.onSent(delivered);
    }

    /** The frames that came since this was last asked. */
    List<String> newFrames() {
        List<String> frames = messages.subList(read, messages.size()).stream().flatMap(String::lines).toList();
        read = messages.size();
        return frames;
    }

    /** The values of the topic's messages that came since this was last asked; a gap is told as {@code gap}. */
    List<String> values() {
        return newFrames().stream().map(Golden::parse)
            .filter(frame -> frame.containsKey("topic"))
            .map(frame -> frame.containsKey("value") ? frame.get("value").toString() : "gap")
            .toList();
    }

    JsonObject welcome() {
        return Golden.parse(messages.get(0).lines().findFirst().orElseThrow());
    }

    long chars() {
        return messages.stream().mapToLong(String::length).sum();
    }

    void assertNothingInFlight() {
        if (inFlight != null) {
            throw new AssertionError("a send is still in flight");
        }
    }
}
