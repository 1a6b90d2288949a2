package dev.partyline.test;

import dev.partyline.connection.Connection;
import dev.partyline.line.Socket;
import dev.partyline.wire.CloseCode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;

/** A socket whose other end is a {@link TestBrowser}. Any thread may call. */
final class TestSocket implements Socket {

    private final TestBrowser browser;
    /** Whether the client was welcomed, or rejected. */
    final CompletableFuture<Void> welcomed;
    /** Set before the first frame. */
    Connection connection;
    /** Characters. Belongs to the thread of the browser. */
    long received;

    TestSocket(TestBrowser browser, CompletableFuture<Void> welcomed) {
        this.browser = browser;
        this.welcomed = welcomed;
    }

    @Override
    public void send(String text, SendCallback callback) {
        browser.onMessage(this, text);
        callback.onSent(true);
    }

    @Override
    public void send(ByteBuffer utf8, SendCallback callback) {
        send(StandardCharsets.UTF_8.decode(utf8).toString(), callback);
    }

    @Override
    public void ping(ByteBuffer payload) {
        browser.onPing(this, payload);
    }

    @Override
    public void close(CloseCode code, String reason) {
        browser.onClosed(this, code.number(), reason);
    }
}
