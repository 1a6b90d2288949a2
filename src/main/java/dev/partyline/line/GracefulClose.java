package dev.partyline.line;

import dev.partyline.wire.CloseCode;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The end of a socket that its line has detached: a last message, if one can still be sent, and then the close.
 *
 * <p>The close runs in the pool of blocking tasks, since it blocks for seconds on some containers. If the last message is not sent by the deadline, the socket is closed without it.
 */
final class GracefulClose implements Socket.SendCallback {

    private static final System.Logger LOG = System.getLogger(GracefulClose.class.getName());

    private final Socket socket;
    private final CloseCode code;
    private final String reason;
    private final Executor blockingExecutor;
    private final long deadline;
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean done;
    /** Whether the pool did not take the close. */
    private volatile boolean failed;

    GracefulClose(Socket socket, CloseCode code, String reason, Executor blockingExecutor, long deadline) {
        this.socket = socket;
        this.code = code;
        this.reason = reason;
        this.blockingExecutor = blockingExecutor;
        this.deadline = deadline;
    }

    void send(String lastMessage) {
        socket.send(lastMessage, this);
    }

    @Override
    public void onSent(boolean delivered) {
        close();
    }

    /** Has no effect if the pool has the close already. If the pool does not take it, as without memory or threads, the next {@link #isDone} tries again. */
    void close() {
        if (closing.compareAndSet(false, true)) {
            try {
                blockingExecutor.execute(() -> socket.close(code, reason));
            } catch (OutOfMemoryError e) {
                failed = true;
                closing.set(false);
                return;
            } catch (RejectedExecutionException e) {
                // The pool is shut down: the container closes what is left.
                LOG.log(System.Logger.Level.DEBUG, "a close came after the stop", e);
            }
            // Only now: at the stop of the application, the pool is shut down as soon as all closes are done.
            done = true;
        }
    }

    /** Event loop: closes if the deadline is over. Returns whether the pool has the close. */
    boolean isDone(long now) {
        if (failed || now - deadline >= 0) {
            close();
        }
        return done;
    }
}
