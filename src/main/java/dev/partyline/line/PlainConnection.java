package dev.partyline.line;

import dev.partyline.topic.Topic;
import dev.partyline.wire.FrameWriter;
import java.util.Optional;

/**
 * One socket of a plain client. It is sent one frame a message in the shapes of the post, and no frame of the line itself: no welcome, ping, gap or bye.
 *
 * <p>A plain client acknowledges nothing. Its credit, and the proof that it is alive, come from WebSocket pings: the pong says that all before the ping was read. If it falls off
 * the end of a topic's log, the connection is closed, since there is no frame to report the gap with.
 */
final class PlainConnection extends LineConnection {

    PlainConnection(Socket socket, Line line, Inbox inbox, LineLimits limits) {
        super(socket, false, line, inbox, limits);
    }

    @Override
    long maxBatchChars() {
        return 1;
    }

    @Override
    Optional<String> encode(FrameWriter.Welcome welcome) {
        return Optional.empty();
    }

    @Override
    boolean addTo(WriteBatch batch, Topic topic, TopicFanOut.Slice slice) {
        if (slice.hasGap()) {
            return false;
        }
        if (!slice.message().isEmpty()) {
            batch.add(new EncodedMessage(topic.plain(slice.message().text())), slice.frames());
        }
        return true;
    }

    /** Permit holder: pings, unless the last ping is unanswered. Releases the permit when that is done. */
    @Override
    void requestCredit(long now) {
        if (proof.isPinging() || tryPing(now) || !tryPingOnPool(now)) {
            permit.release();
        }
    }

    @Override
    void onProven(long chars) {
        window.ack(chars);
        // Even if that was not enough: the event loop may have to ping again.
        signal();
    }

    /** A client that only listens sends nothing by itself: it is pinged however much it is sent. */
    @Override
    boolean keepAlive(long now) {
        loop.assertInLoop();
        boolean idle = Math.max(nanosSinceSent(now), nanosSinceReceived(now)) > limits.timeouts().keepAlive().toNanos();
        // A full window is asked about again, in case that there was no room for the ping.
        if ((idle || window.isFull()) && permit.tryAcquire()) {
            requestCredit(now);
        }
        return false;
    }

    @Override
    boolean canSendBye() {
        return false;
    }
}
