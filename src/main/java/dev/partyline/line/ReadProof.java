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
    private static final int PING_BYTES = Long.BYTES;

    /** Null if the container does not tell it. */
    private final Socket.Traffic traffic;
    private final int maxBytes;
    private final int maxFrames;
    private final double pingShare;
    /** What the last pong has proved. These only grow, so to read an older one of one of them proves less. */
    private volatile long provenBytes;
    private volatile long provenFrames;
    private volatile long provenChars;
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
     * @param pingShare which share of these may be unread before the client is pinged; not the same for all connections, so that those with the same messages are not pinged at the same time
     */
    ReadProof(Optional<Socket.Traffic> traffic, int maxBytes, int maxFrames, double pingShare) {
        this.traffic = traffic.orElse(null);
        this.maxBytes = maxBytes;
        this.maxFrames = maxFrames;
        this.pingShare = pingShare;
    }

    /** Whether it can be known at all that a message fits. */
    boolean isTrafficKnown() {
        return traffic != null;
    }

    /**
     * Whether a message fits into the buffers beside all that may be unread, and after it a ping.
     *
     * @param sentChars what Partyline has sent before
     * @param chars     its length
     * @param binary    whether it is sent as one frame, however long it is
     */
    boolean fits(long sentChars, int chars, boolean binary) {
        return fit(1, sentChars, chars, binary, 1);
    }

    /**
     * Whether to ping after a message, because two more of its length do not fit, and no ping is on its way that would prove the contrary. No earlier: a ping and its pong cost about as
     * much as three messages. No later: the pong may come only after the next message.
     */
    boolean isPingDue(long sentChars, int chars, boolean binary) {
        return pinged == null && traffic != null && !fit(2, sentChars, chars, binary, pingShare);
    }

    private boolean fit(int messages, long sentChars, int chars, boolean binary, double share) {
        if (traffic == null) {
            return false;
        }
        long frames = binary ? 1 : traffic.framesOfText(chars);
        return hasRoom(sentChars, messages * (long) chars + PING_BYTES, messages * frames + 1, share);
    }

    /** Whether a ping fits. After a message that {@link #fits}, it does. */
    boolean pingFits(long sentChars) {
        return traffic != null && hasRoom(sentChars, PING_BYTES, 1, 1);
    }

    private boolean hasRoom(long sentChars, long bytes, long frames, double share) {
        long unreadBytes = Math.max(traffic.bytesSent() - provenBytes, sentChars - provenChars);
        return unreadBytes + bytes <= share * maxBytes && traffic.framesSent() - provenFrames + frames <= share * maxFrames;
    }

    /** Whether a ping is unanswered. There is never a second one. */
    boolean isPinging() {
        return pinged != null;
    }

    /** The payload of a ping, which is to be sent now. */
    ByteBuffer newPing(long sentChars) {
        Mark mark = new Mark(RANDOM.nextLong(), traffic == null ? 0 : traffic.bytesSent(), traffic == null ? 0 : traffic.framesSent(), sentChars);
        pinged = mark;
        return ByteBuffer.allocate(PING_BYTES).putLong(mark.nonce).flip();
    }

    /**
     * Any thread: how many characters the client has read for certain.
     *
     * @return empty if this is not the answer to the last ping
     */
    OptionalLong onPong(ByteBuffer payload) {
        Mark mark = pinged;
        if (mark == null || payload.remaining() != PING_BYTES || payload.getLong(payload.position()) != mark.nonce) {
            return OptionalLong.empty();
        }
        provenBytes = mark.bytes;
        provenFrames = mark.frames;
        provenChars = mark.chars;
        pinged = null;
        return OptionalLong.of(mark.chars);
    }
}
