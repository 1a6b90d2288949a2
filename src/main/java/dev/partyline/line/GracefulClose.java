package dev.partyline.line;

import dev.partyline.wire.CloseCode;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The end of a socket that its line has let go: a last word, where one can still be said, and then a close.
 *
 * <p>The close is done by a helper, since it blocks for seconds on some containers, and soon, even if the last word's send never ends.
 */
final class GracefulClose implements Socket.SendCallback {

    private final Socket socket;
    private final CloseCode code;
    private final String reason;
    private final Executor blockingExecutor;
    private final long deadline;
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean done;

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

    void close() {
        if (closing.compareAndSet(false, true)) {
            try {
                blockingExecutor.execute(() -> socket.close(code, reason));
            } finally {
                // Only now: whoever waits for this at the end of the application sends the helpers home next.
                done = true;
            }
        }
    }

    /** Operator only: closes if it is time, and tells whether all is done. */
    boolean isDone(long now) {
        if (now - deadline >= 0) {
            close();
        }
        return done;
    }
}
