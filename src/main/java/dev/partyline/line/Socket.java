package dev.partyline.line;

import dev.partyline.wire.CloseCode;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The outbound half of one WebSocket, without container types.
 *
 * <p>The caller keeps at most one {@link #send} in flight. Containers that are given a second one throw, lose the message, block for ever or queue without limit. {@link #close}
 * blocks for seconds on some containers, and {@link #ping} where it may not fit into the connection's buffers; then they are called by the pool of blocking tasks only.
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
     * Sends one WebSocket text message that fits into the connection's buffers, and returns once it is in them. To be called only if there is {@link #traffic}.
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

    /** What the container tells of the connection; empty if it does not, or if {@link #sendSync} costs no less than {@link #send}. */
    default Optional<Traffic> traffic() {
        return Optional.empty();
    }

    /** Sends a WebSocket ping, while no {@link #send} is in flight. A pong with this payload says that all before it was read. */
    void ping(ByteBuffer payload);

    /** Closes the socket. A send in flight may be lost. Has no effect on a closed socket. */
    void close(CloseCode code, String reason);

    /**
     * How much the container has written to a WebSocket and read from it, with the control frames that it answers itself.
     *
     * <p>Any thread may ask.
     */
    interface Traffic {

        /** Without the headers of the frames. */
        long bytesSent();

        long framesSent();

        long framesReceived();

        /** Into how many frames {@link #sendSync(String)} splits a text of so many characters. */
        int framesOfText(int chars);
    }

    /** Is called when a send has ended. */
    interface SendCallback {

        void onSent(boolean delivered);
    }
}
