package dev.partyline.connection;

import static org.awaitility.Awaitility.await;

import dev.partyline.line.Socket;
import dev.partyline.testing.Golden;
import dev.partyline.wire.CloseCode;
import jakarta.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** A client whose messages are delivered as by a container, and that keeps what it receives. */
final class FakeClient implements Socket {

    final Connection connection;
    private final List<String> received = new CopyOnWriteArrayList<>();
    private volatile Optional<CloseCode> closed = Optional.empty();
    private volatile String reason = "";
    private volatile boolean reads = true;

    FakeClient(ServerContext context, HandshakeInfo handshake) {
        connection = new Connection(context, this, handshake);
        connection.onOpen();
    }

    FakeClient send(String message) {
        connection.onText(message, true);
        return this;
    }

    FakeClient hello(String members) {
        send("{\"type\":\"$hello\",\"v\":1" + (members.isEmpty() ? "" : "," + members) + "}");
        next(frame -> frame.getString("type", "").equals("$welcome"));
        return this;
    }

    /** Says {@code $hello} with the line and the key of another client. */
    FakeClient resume(FakeClient former, String members) {
        JsonObject welcome = former.next(frame -> frame.getString("type", "").equals("$welcome"));
        return hello("\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\",\"inbox\":0" + (members.isEmpty() ? "" : "," + members));
    }

    /** The first frame of this kind that was received or will be. */
    JsonObject next(Predicate<JsonObject> kind) {
        return await().until(() -> received().stream().filter(kind).findFirst(), Optional::isPresent).orElseThrow();
    }

    static boolean isError(JsonObject frame) {
        return frame.containsKey("error");
    }

    /** The error of the first error frame. */
    JsonObject nextError() {
        return next(FakeClient::isError).getJsonObject("error");
    }

    String errorOf(int id) {
        return next(frame -> frame.getInt("re", 0) == id).getJsonObject("error").getString("code");
    }

    List<JsonObject> received() {
        return received.stream().flatMap(String::lines).map(Golden::parse).toList();
    }

    /** The code that its socket was closed with. */
    CloseCode closeCode() {
        return await().until(() -> closed, Optional::isPresent).orElseThrow();
    }

    /** Why its socket was closed. */
    String closeReason() {
        closeCode();
        return reason;
    }

    boolean isOpen() {
        return closed.isEmpty();
    }

    @Override
    public void send(String text, SendCallback done) {
        received.add(text);
        if (reads) {
            done.onSent(true);
        }
    }

    /** Sends to it do not end any more. */
    void stopReading() {
        reads = false;
    }

    @Override
    public void send(ByteBuffer utf8, SendCallback done) {
        send(StandardCharsets.UTF_8.decode(utf8).toString(), done);
    }

    @Override
    public void ping(ByteBuffer payload) {
        // Nothing here waits for a pong.
    }

    @Override
    public void close(CloseCode code, String reason) {
        if (closed.isEmpty()) {
            this.reason = reason;
            closed = Optional.of(code);
        }
    }
}
