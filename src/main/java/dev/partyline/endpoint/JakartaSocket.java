package dev.partyline.endpoint;

import dev.partyline.connection.ServerContext;
import dev.partyline.line.Socket;
import dev.partyline.wire.CloseCode;
import jakarta.websocket.CloseReason;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** A container's WebSocket session, seen as a socket. */
final class JakartaSocket implements Socket {

    private static final System.Logger LOG = System.getLogger(JakartaSocket.class.getName());
    /** RFC 6455, 5.5: a control frame carries 125 bytes, of which a close code takes two. */
    private static final int MAX_REASON_BYTES = 123;

    /**
     * Tomcat hands the end of each asynchronous send to another thread, even of one that was done at once, which makes it twice as dear as a blocking one. Other containers
     * gain nothing.
     */
    private static final String SYNC_SEND_CONTAINER = "org.apache.tomcat.";
    /**
     * Milliseconds for a blocking send. It does not block, since it is given only what fits into the connection's buffers; but the time runs while the whole server stands still,
     * such as a virtual machine that is moved, and Tomcat gives a socket up whose send has not begun by its end.
     */
    private static final String SYNC_SEND_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

    /**
     * Payara and GlassFish give a request's objects to the next one as soon as its socket is closed, even if the thread of the handshake still works with them. Then sockets that
     * have nothing to do with it hear no more, or end with 1000. Nothing tells when that thread is through: a socket must simply have some age before we close it.
     */
    private static final String EARLY_RECYCLING_CONTAINER = "org.glassfish.tyrus.";
    private static final Duration MIN_AGE_AT_CLOSE = Duration.ofMillis(500);

    private final Session session;
    private final RemoteEndpoint.Async remote;
    private final ScheduledExecutorService scheduler;
    private final LongSupplier nanoTime;
    private final boolean syncSend;
    private final long earliestClose;

    JakartaSocket(Session session, ServerContext context) {
        this.session = session;
        this.scheduler = context.scheduler();
        this.nanoTime = context.nanoTime();
        this.earliestClose = nanoTime.getAsLong() + (session.getClass().getName().startsWith(EARLY_RECYCLING_CONTAINER) ? MIN_AGE_AT_CLOSE.toNanos() : 0);
        this.syncSend = session.getClass().getName().startsWith(SYNC_SEND_CONTAINER);
        long sendMillis = context.limits().sendWithin().toMillis();
        if (syncSend) {
            session.getUserProperties().put(SYNC_SEND_TIMEOUT, sendMillis);
        }
        this.remote = session.getAsyncRemote();
        // Some containers ignore this, so the operator has a deadline of its own.
        remote.setSendTimeout(sendMillis);
    }

    @Override
    public void send(String text, SendCallback callback) {
        try {
            remote.sendText(text, result -> callback.onSent(result.isOK()));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a send failed", e);
            callback.onSent(false);
        }
    }

    @Override
    public void send(ByteBuffer utf8, SendCallback callback) {
        try {
            remote.sendBinary(utf8, result -> callback.onSent(result.isOK()));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a send failed", e);
            callback.onSent(false);
        }
    }

    @Override
    public boolean canSendSync() {
        return syncSend;
    }

    @Override
    public boolean sendSync(String text) {
        try {
            session.getBasicRemote().sendText(text);
            return true;
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a send failed", e);
            return false;
        }
    }

    @Override
    public boolean sendSync(ByteBuffer utf8) {
        try {
            session.getBasicRemote().sendBinary(utf8);
            return true;
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a send failed", e);
            return false;
        }
    }

    @Override
    public void ping() {
        try {
            remote.sendPing(ByteBuffer.allocate(0));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a ping failed", e);
        }
    }

    @Override
    public void close(CloseCode code, String reason) {
        long wait = earliestClose - nanoTime.getAsLong();
        if (wait > 0) {
            try {
                scheduler.schedule(() -> closeNow(code, reason), wait, TimeUnit.NANOSECONDS);
                return;
            } catch (RejectedExecutionException e) {
                LOG.log(System.Logger.Level.DEBUG, "there is no time to wait before a close", e);
            }
        }
        closeNow(code, reason);
    }

    private void closeNow(CloseCode code, String reason) {
        try {
            // Our reasons are ASCII, so characters are bytes.
            String text = reason.length() <= MAX_REASON_BYTES ? reason : reason.substring(0, MAX_REASON_BYTES);
            session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(code.number()), text));
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a close failed", e);
        }
    }
}
