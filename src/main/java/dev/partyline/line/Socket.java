package dev.partyline.line;

import dev.partyline.wire.CloseCode;
import java.nio.ByteBuffer;

/**
 * The way out to one client, as a line's operator sees it.
 *
 * <p>At most one {@link #send} is under way at a time, and nobody waits for it: containers were found to throw, to lose the message, to block for ever or to queue
 * without limit where this is not kept. {@link #ping} and {@link #close} may block for seconds on some containers and are called by helper threads.
 */
public interface Socket {

    /**
     * Sends one WebSocket text message.
     *
     * @param callback called once, by any thread, perhaps before this method returns
     */
    void send(String text, SendCallback callback);

    /** Sends one WebSocket binary message, a text in UTF-8, else like the other. */
    void send(ByteBuffer utf8, SendCallback callback);

    /**
     * Sends one WebSocket text message that surely fits into what the connection's buffers hold, and returns when they have it.
     *
     * @return whether they have it; if not, {@link #send} must be used, or, where {@link #canSendSync} says that this works, the socket is dead
     */
    default boolean sendSync(String text) {
        return false;
    }

    /** Sends one WebSocket binary message, a text in UTF-8, else like the other. */
    default boolean sendSync(ByteBuffer utf8) {
        return false;
    }

    /** Whether {@link #sendSync} works and is the cheaper way. */
    default boolean canSendSync() {
        return false;
    }

    /** Sends a WebSocket ping, while no {@link #send} is under way. Its pong says that all before it was read. */
    void ping();

    /** Closes; what is under way may be lost. A socket that is closed already stays so. */
    void close(CloseCode code, String reason);

    /** Hears how a send ended. */
    interface SendCallback {

        void onSent(boolean delivered);
    }
}
