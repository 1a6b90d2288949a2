package dev.partyline.line;

import dev.partyline.wire.CloseCode;
import java.nio.ByteBuffer;

/**
 * The outbound half of one WebSocket, without container types.
 *
 * <p>The caller keeps at most one {@link #send} in flight. Containers that are given a second one throw, lose the message, block for ever or queue without limit. {@link #ping} and
 * {@link #close} block for seconds on some containers; they are called by the pool of blocking tasks only.
 */
public interface Socket {

    /**
     * Sends one WebSocket text message.
     *
     * @param callback called once, by any thread, perhaps before this method returns
     */
    void send(String text, SendCallback callback);

    /** Sends one WebSocket binary message, a text in UTF-8. Else as the other. */
    void send(ByteBuffer utf8, SendCallback callback);

    /**
     * Sends one WebSocket text message that fits into the connection's buffers, and returns once it is in them. To be called only if {@link #canSendSync}.
     *
     * @return false if the socket has failed
     */
    default boolean sendSync(String text) {
        return false;
    }

    /** Sends one WebSocket binary message, a text in UTF-8. Else as the other. */
    default boolean sendSync(ByteBuffer utf8) {
        return false;
    }

    /** Whether {@link #sendSync} works and costs less than {@link #send}. */
    default boolean canSendSync() {
        return false;
    }

    /** Sends a WebSocket ping, while no {@link #send} is in flight. Its pong says that all before it was read. */
    void ping();

    /** Closes the socket. A send in flight may be lost. Has no effect on a closed socket. */
    void close(CloseCode code, String reason);

    /** Is called when a send has ended. */
    interface SendCallback {

        void onSent(boolean delivered);
    }
}
