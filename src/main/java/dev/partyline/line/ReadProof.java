package dev.partyline.line;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What the client of one connection has read for certain. It may acknowledge what it has not read; but to answer a WebSocket ping, whose payload cannot be guessed, it must have read
 * all that was written before. Browsers answer without the page.
 *
 * <p>So it is known how much may lie unread in the buffers of the connection, and whether a message fits in beside it, so that writing it does not block. All that the container
 * writes counts, with its own answers to the client's pings. Without {@link Socket.Traffic}, nothing fits for certain.
 *
 * <p>Only the holder of the {@link SendPermit} pings and asks what fits. Pongs come on the container's threads.
 */
final class ReadProof {

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Optional<Socket.Traffic> traffic;
    private final int maxBytes;
    private final int maxFrames;
    /** What the last pong has proved. */
    private volatile Mark proven = new Mark(0, 0, 0, 0);
    /** The ping whose pong has not come; null if there is none. */
    private volatile Mark pinged;

    /**
     * What was written before a ping.
     *
     * @param nonce  the payload of the ping
     * @param bytes  written by the container
     * @param frames written by the container
     * @param chars  sent by Partyline: the container counts what it writes a little later
     */
    private record Mark(long nonce, long bytes, long frames, long chars) {
    }

    /**
     * @param traffic   what the container has written, if it tells that
     * @param maxBytes  how many bytes, and
     * @param maxFrames how many frames fit into the buffers of a connection for certain
     */
    ReadProof(Optional<Socket.Traffic> traffic, int maxBytes, int maxFrames) {
        this.traffic = traffic;
        this.maxBytes = maxBytes;
        this.maxFrames = maxFrames;
    }

    /** Whether it can be known at all that a message fits. */
    boolean isTrafficKnown() {
        return traffic.isPresent();
    }

    /**
     * Whether a message fits into the buffers beside all that may be unread.
     *
     * @param sentChars what Partyline has sent before
     * @param chars     its length
     * @param binary    whether it is sent as one frame, however long it is
     */
    boolean fits(long sentChars, int chars, boolean binary) {
        if (traffic.isEmpty()) {
            return false;
        }
        int frames = binary ? 1 : traffic.get().framesOfText(chars);
        return unreadBytes(sentChars) + chars <= maxBytes && unreadFrames() + frames <= maxFrames;
    }

    /** Whether half of what fits may be unread, and no ping is on its way that would prove the contrary. */
    boolean isPingDue(long sentChars) {
        return pinged == null && traffic.isPresent() && (2 * unreadBytes(sentChars) > maxBytes || 2 * unreadFrames() > maxFrames);
    }

    private long unreadBytes(long sentChars) {
        return Math.max(traffic.orElseThrow().bytesSent() - proven.bytes, sentChars - proven.chars);
    }

    private long unreadFrames() {
        return traffic.orElseThrow().framesSent() - proven.frames;
    }

    /** Whether a ping is unanswered. There is never a second one. */
    boolean isPinging() {
        return pinged != null;
    }

    /** The payload of a ping, which is to be sent now. */
    ByteBuffer newPing(long sentChars) {
        Mark mark = new Mark(RANDOM.nextLong(), traffic.map(Socket.Traffic::bytesSent).orElse(0L), traffic.map(Socket.Traffic::framesSent).orElse(0L), sentChars);
        pinged = mark;
        return ByteBuffer.allocate(Long.BYTES).putLong(mark.nonce).flip();
    }

    /**
     * Any thread: how many characters the client has read for certain.
     *
     * @return empty if this is not the answer to the last ping
     */
    OptionalLong onPong(ByteBuffer payload) {
        Mark mark = pinged;
        if (mark == null || payload.remaining() != Long.BYTES || payload.getLong(payload.position()) != mark.nonce) {
            return OptionalLong.empty();
        }
        proven = mark;
        pinged = null;
        return OptionalLong.of(mark.chars);
    }
}
