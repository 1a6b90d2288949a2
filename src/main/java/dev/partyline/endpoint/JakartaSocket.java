package dev.partyline.endpoint;

import dev.partyline.connection.ServerContext;
import dev.partyline.line.Socket;
import dev.partyline.wire.CloseCode;
import jakarta.websocket.CloseReason;
import jakarta.websocket.RemoteEndpoint;
import jakarta.websocket.SendHandler;
import jakarta.websocket.SendResult;
import jakarta.websocket.Session;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/** Adapts a Jakarta WebSocket session to {@link Socket}. */
final class JakartaSocket implements Socket {

    private static final System.Logger LOG = System.getLogger(JakartaSocket.class.getName());
    /** RFC 6455, 5.5: a control frame has at most 125 bytes, of which the close code takes two. */
    private static final int MAX_REASON_BYTES = 123;

    /**
     * Tomcat dispatches the completion of each asynchronous send to another thread, even if the send has completed immediately. That doubles the cost compared with a
     * blocking send. Other containers gain nothing.
     */
    private static final String TOMCAT = "org.apache.tomcat.";
    /**
     * Timeout of a blocking send, in milliseconds. The send does not block, because the message fits into the connection's buffers. But the time also runs while the whole
     * server is suspended, such as a virtual machine during a migration, and Tomcat closes a socket whose send has not started in time.
     */
    private static final String SYNC_SEND_TIMEOUT = "org.apache.tomcat.websocket.BLOCKING_SEND_TIMEOUT";

    /**
     * Payara and GlassFish reuse the objects of a request as soon as its socket is closed, even if the handshake's thread still uses them. Then unrelated sockets receive
     * no more messages, or are closed with 1000; or the close reaches the client before the response of the handshake. There is no event for the end of that thread, so a
     * socket is not closed before it has this age; half as long was too short on a machine under load.
     */
    private static final String EARLY_RECYCLING_CONTAINER = "org.glassfish.tyrus.";
    private static final Duration MIN_AGE_AT_CLOSE = Duration.ofSeconds(1);

    /**
     * How long a container waits for the client's close after its own. Tomcat waits for 30 s and more, Jetty for as long as a socket may be idle: meanwhile a client that was rejected
     * and does not answer costs as much as one that is served.
     */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);
    /** A second apart. */
    private static final int MAX_CLOSE_ATTEMPTS = 120;
    private static final String JETTY = "org.eclipse.jetty.";

    private final Session session;
    private final RemoteEndpoint.Async remote;
    private final ScheduledExecutorService scheduler;
    private final LongSupplier nanoTime;
    private final boolean tomcat;
    private final Optional<Traffic> traffic;
    private final long earliestClose;

    /** @param traffic what Tomcat tells of the connection; empty on other containers, where it would gain nothing */
    JakartaSocket(Session session, ServerContext context, Optional<Traffic> traffic) {
        this.traffic = traffic;
        this.session = session;
        this.scheduler = context.scheduler();
        this.nanoTime = context.nanoTime();
        this.earliestClose = nanoTime.getAsLong() + (session.getClass().getName().startsWith(EARLY_RECYCLING_CONTAINER) ? MIN_AGE_AT_CLOSE.toNanos() : 0);
        this.tomcat = session.getClass().getName().startsWith(TOMCAT);
        long sendMillis = context.limits().line().timeouts().send().toMillis();
        if (tomcat) {
            session.getUserProperties().put(SYNC_SEND_TIMEOUT, sendMillis);
        }
        this.remote = session.getAsyncRemote();
        // Some containers ignore this, so the event loop has a deadline of its own.
        remote.setSendTimeout(sendMillis);
    }

    @Override
    public void send(String text, SendCallback callback) {
        OneResult result = new OneResult(callback);
        try {
            remote.sendText(text, result);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a send failed", e);
            result.report(false);
        }
    }

    @Override
    public void send(ByteBuffer utf8, SendCallback callback) {
        OneResult result = new OneResult(callback);
        try {
            remote.sendBinary(utf8, result);
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a send failed", e);
            result.report(false);
        }
    }

    @Override
    public Optional<Traffic> traffic() {
        return traffic;
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
    public void ping(ByteBuffer payload) {
        try {
            remote.sendPing(payload);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a ping failed", e);
        }
    }

    @Override
    public void close(CloseCode code, String reason) {
        long wait = earliestClose - nanoTime.getAsLong();
        if (wait > 0) {
            try {
                scheduler.schedule(() -> whenThereIsMemory(() -> closeNow(code, reason)), wait, TimeUnit.NANOSECONDS);
                return;
            } catch (RejectedExecutionException e) {
                LOG.log(System.Logger.Level.DEBUG, "the delayed close was rejected, closing now", e);
            }
        }
        whenThereIsMemory(() -> closeNow(code, reason));
    }

    /** Without memory, the container's close may fail half-way, and then the container forgets the session: no event comes, and its socket counts for ever. */
    private static void whenThereIsMemory(Runnable close) {
        for (int left = MAX_CLOSE_ATTEMPTS; left > 1; left--) {
            try {
                close.run();
                return;
            } catch (OutOfMemoryError e) {
                LockSupport.parkNanos(CLOSE_TIMEOUT.toNanos());
            }
        }
        close.run();
    }

    private void closeNow(CloseCode code, String reason) {
        try {
            // Ours are ASCII, so characters are bytes; those of an application are not longer than this in UTF-8.
            String text = reason.length() <= MAX_REASON_BYTES ? reason : reason.substring(0, MAX_REASON_BYTES);
            CloseReason close = new CloseReason(CloseReason.CloseCodes.getCloseCode(code.number()), text);
            session.close(close);
            awaitClientClose(close);
        } catch (IOException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "a close failed", e);
        }
    }

    /** The container's close is sent. If the client does not answer it, the connection is ended nevertheless. */
    private void awaitClientClose(CloseReason close) {
        if (tomcat) {
            scheduler.schedule(() -> whenThereIsMemory(() -> assumeClientClose(close)), CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } else if (session.getClass().getName().startsWith(JETTY)) {
            session.setMaxIdleTimeout(CLOSE_TIMEOUT.toMillis());
        }
    }

    /** Tomcat's own method for the client's close. It does nothing if that has come. The timeout that Tomcat offers is checked every ten seconds only. */
    private void assumeClientClose(CloseReason close) {
        try {
            session.getClass().getMethod("onClose", CloseReason.class).invoke(session, close);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof OutOfMemoryError error) {
                throw error;
            }
            LOG.log(System.Logger.Level.DEBUG, "the end of a closed connection failed", e);
        } catch (ReflectiveOperationException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "the end of a closed connection is left to Tomcat", e);
        }
    }

    /** Reports a send once. If a send fails while another thread closes the session, Tomcat calls the handler and throws an exception, too. */
    private static final class OneResult implements SendHandler {

        private final SendCallback callback;
        private final AtomicBoolean reported = new AtomicBoolean();

        private OneResult(SendCallback callback) {
            this.callback = callback;
        }

        @Override
        public void onResult(SendResult result) {
            report(result.isOK());
        }

        private void report(boolean delivered) {
            if (reported.compareAndSet(false, true)) {
                callback.onSent(delivered);
            }
        }
    }
}
