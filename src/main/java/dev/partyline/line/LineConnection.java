package dev.partyline.line;

import dev.partyline.stats.Counter;
import dev.partyline.topic.Topic;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameWriter;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One socket of a line: the permit to write to it, the window of its reader, its deadlines, and its graceful close.
 *
 * <p>At most one send is in flight. A connection whose send or whose full window exceeds the send deadline is too slow, and its line closes it.
 *
 * <p>Writing, and the sent counter of the window, belong to the holder of the {@link #permit}: the event loop, or a thread with a reply. Other methods say who may call them.
 * This class serves clients that speak the line's protocol; {@link PlainConnection} overrides what is different for plain ones.
 */
public sealed class LineConnection implements Socket.SendCallback permits PlainConnection {

    private static final System.Logger LOG = System.getLogger(LineConnection.class.getName());

    /** No time. */
    private static final long NEVER = Long.MIN_VALUE;

    /** The smallest message that is sent as bytes, to a client that reads them. Bytes save little for smaller ones, and browsers' tools show text. */
    private static final int MIN_BINARY_CHARS = 512;

    /** The smallest share of what may be unread after which a client is pinged. */
    private static final double MIN_PING_SHARE = 0.75;

    final SendPermit permit;
    final SendWindow window;
    final ReadProof proof;
    final LineLimits limits;
    final Socket socket;
    final EventLoop loop;
    private final boolean binary;
    private final Line line;
    private final Inbox inbox;
    private final Optional<Socket.Traffic> traffic;

    /** Since when an asynchronous send is in flight. Written by the permit's holder, read by any thread. */
    private volatile long sendingSince = NEVER;
    /** When the last send began. Written by the permit's holder, read by any thread. */
    private volatile long sentAt;
    /** When the client last sent something. Any thread. */
    private volatile long receivedAt;
    /** Frames of the client that Partyline has seen. Any thread. */
    private volatile long receivedParts;
    /** The most frames of the client that Partyline did not see: pings, which the container answers. Event loop only. */
    private long pings;
    /** Whether a send has failed. Any thread. */
    private volatile boolean failed;
    /** Whether a newer connection of the line has replaced this one. Written by the event loop, read by any thread. */
    private volatile boolean replaced;
    /** Since when the window is full while there is something to send. Event loop only. */
    private long blockedSince = NEVER;

    LineConnection(Socket socket, boolean binary, Line line, Inbox inbox, LineLimits limits) {
        this.socket = socket;
        this.binary = binary;
        this.line = line;
        this.inbox = inbox;
        this.limits = limits;
        this.loop = line.loop();
        this.window = new SendWindow(limits.flow().windowChars());
        this.traffic = socket.traffic();
        this.proof = new ReadProof(traffic, limits.flow().syncSendChars(), limits.flow().syncSendFrames(), ThreadLocalRandom.current().nextDouble(MIN_PING_SHARE, 1));
        this.permit = new SendPermit(line.delivery(), loop);
        this.sentAt = loop.now();
        this.receivedAt = sentAt;
    }

    /**
     * Any thread: the client has sent a message or a pong.
     *
     * @param parts how many parts of messages, and pongs, have come on the connection in all
     */
    public void onReceived(long parts) {
        receivedAt = loop.now();
        receivedParts = parts;
    }

    /** Any thread: the client has processed so many characters in all. */
    public void onAcked(long chars) {
        if (window.ack(chars)) {
            signal();
        }
    }

    /** Any thread: how many messages the client was sent. */
    public final long sentMessages() {
        return window.sentMessages();
    }

    /** Event loop: a newer connection of the line replaces this one. */
    final void markReplaced() {
        loop.assertInLoop();
        replaced = true;
    }

    /** Any thread: whether a newer connection has replaced this one. The line has nothing more to do with what its client still sends. */
    public final boolean isReplaced() {
        return replaced;
    }

    /** Any thread: a WebSocket pong has come. Returns whether it answers a ping. */
    public final boolean onPong(ByteBuffer payload) {
        OptionalLong chars = proof.onPong(payload);
        chars.ifPresent(this::onProven);
        return chars.isPresent();
    }

    /** Any thread: the client has read so many characters for certain. What it has processed is for its acknowledgements to say. */
    void onProven(long chars) {
        // The next message is sent synchronously again.
    }

    /** Any thread: has the event loop look at the line. */
    final void signal() {
        loop.signal(line.delivery());
    }

    /** Any thread: writes the unsent frames of the inbox, unless another thread holds the permit or the window is full. The event loop writes what this leaves. */
    final void trySendInbox() {
        if (!permit.tryAcquire()) {
            return;
        }
        if (window.isFull()) {
            permit.release();
            signal();
            return;
        }
        // Left by code of the application, it would close the socket.
        boolean interrupted = Thread.interrupted();
        boolean complete;
        try {
            if (isProofAwaited(loop.now())) {
                return;
            }
            WriteBatch batch = newBatch();
            complete = inbox.fill(batch, this);
            write(batch, loop.now());
        } catch (RuntimeException | Error e) {
            onSent(false);
            throw e;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (!complete || inbox.hasUnsent()) {
            signal();
        }
    }

    /** Event loop: whether it may write now. If so, it must {@link #write}, and if that throws, call {@link #onSent} with false: what was lost is unknown. */
    final boolean tryAcquire(long now) {
        loop.assertInLoop();
        if (!permit.tryAcquire()) {
            return false;
        }
        if (window.isFull() && window.awaitCredit()) {
            blockedSince = blockedSince == NEVER ? now : blockedSince;
            requestCredit(now);
            return false;
        }
        blockedSince = NEVER;
        return !isProofAwaited(now);
    }

    /**
     * Permit holder: after a burst, a client that says that it has processed most of it is asked for the proof, so that it is sent to synchronously again. If this returns true, the
     * permit is released and the event loop signalled once that is done.
     */
    private boolean isProofAwaited(long now) {
        if (2 * window.unacked() > limits.flow().syncSendChars() || !proof.isPingDue(window.sent(), 0, true)) {
            return false;
        }
        return !tryPing(now) && tryPingOnPool(now);
    }

    /** Event loop: there is nothing to send, so a full window delays nothing. */
    final void onIdle() {
        loop.assertInLoop();
        blockedSince = NEVER;
    }

    /** Permit holder: sends a ping, if that does not block for certain. */
    final boolean tryPing(long now) {
        boolean fits = proof.pingFits(window.sent());
        if (fits) {
            ping(now);
        }
        return fits;
    }

    /** Permit holder: sends a ping on the pool, which releases the permit. False, and the permit is not released, if there is no room on the pool. */
    final boolean tryPingOnPool(long now) {
        Runnable ping = () -> {
            ping(now);
            onSent(true);
            signal();
        };
        sendingSince = now;
        if (!proof.isTrafficKnown()) {
            loop.runBlocking(ping);
        } else if (!line.blockingPings().tryRun(line.publisher().owner(), loop::runBlocking, ping)) {
            sendingSince = NEVER;
            return false;
        }
        return true;
    }

    private void ping(long now) {
        sentAt = now;
        socket.ping(proof.newPing(window.sent()));
    }

    /** Permit holder: releases the permit. A client that acknowledges need not be asked for credit. */
    void requestCredit(long now) {
        permit.release();
    }

    /** Permit holder: what one WebSocket message may take up now. */
    final WriteBatch newBatch() {
        return new WriteBatch(maxBatchChars());
    }

    long maxBatchChars() {
        return Math.min(window.room(), limits.flow().batchChars());
    }

    /** Permit holder: sends a batch. The permit is released when that is done, at once if the batch is empty. */
    final void write(WriteBatch batch, long now) {
        if (batch.isEmpty()) {
            permit.release();
            return;
        }
        EncodedMessage message = batch.message();
        int length = message.length();
        loop.counters.increment(Counter.BATCHES_OUT);
        loop.counters.add(Counter.FRAMES_OUT, batch.frames());
        loop.counters.add(Counter.CHARS_OUT, length);
        boolean bytes = binary && length >= MIN_BINARY_CHARS;
        boolean sync = proof.fits(window.sent(), length, bytes);
        window.send(length);
        sentAt = now;
        if (sync) {
            boolean delivered = bytes ? socket.sendSync(message.utf8()) : socket.sendSync(message.text());
            if (delivered && proof.isPingDue(window.sent(), length, bytes)) {
                tryPing(now);
            }
            onSent(delivered);
            return;
        }
        sendingSince = now;
        if (bytes) {
            socket.send(message.utf8(), this);
        } else {
            socket.send(message.text(), this);
        }
    }

    /** Any thread: the send in flight has ended. Releases the permit. */
    @Override
    public final void onSent(boolean delivered) {
        sendingSince = NEVER;
        if (!delivered) {
            failed = true;
            signal();
        }
        permit.release();
    }

    /** Any thread: whether a send has failed, after which the socket cannot be used. */
    final boolean hasFailed() {
        return failed;
    }

    /** Any thread: whether an asynchronous send is in flight. */
    public final boolean isSending() {
        return sendingSince != NEVER;
    }

    /** Event loop: whether a send, or the wait for credit, exceeds the send deadline. */
    final boolean isTooSlow(long now) {
        loop.assertInLoop();
        return isOverdue(now, sendingSince) || isOverdue(now, blockedSince);
    }

    private boolean isOverdue(long now, long since) {
        return since != NEVER && now - since > limits.timeouts().send().toNanos();
    }

    /** Event loop: whether the client has sent nothing for too long. */
    final boolean isSilent(long now) {
        loop.assertInLoop();
        return nanosSinceReceived(now) > limits.timeouts().silence().toNanos();
    }

    /** Event loop, every tick: how many pings have come since the last one, which the container has answered. Frames of a message that is not complete count as well. */
    final int newPings() {
        loop.assertInLoop();
        long known = pings;
        pings = Math.max(known, traffic.map(Socket.Traffic::framesReceived).orElse(0L) - receivedParts);
        return (int) Math.min(Integer.MAX_VALUE, pings - known);
    }

    final long nanosSinceReceived(long now) {
        return now - receivedAt;
    }

    final long nanosSinceSent(long now) {
        return now - sentAt;
    }

    /** Event loop, every tick: keeps the connection alive. Returns whether a {@code $ping} is due. */
    boolean keepAlive(long now) {
        loop.assertInLoop();
        return nanosSinceSent(now) > limits.timeouts().keepAlive().toNanos() && !isSending();
    }

    /** The frame that must come first, if the client expects one. */
    Optional<String> encode(FrameWriter.Welcome welcome) {
        return Optional.of(FrameWriter.welcome(welcome));
    }

    /** Permit holder: adds messages of a topic; false if messages are lost and the client cannot receive a gap. */
    boolean addTo(WriteBatch batch, Topic topic, TopicFanOut.Slice slice) {
        if (slice.hasGap()) {
            loop.counters.increment(Counter.GAPS);
            batch.add(FrameWriter.gap(topic.name(), topic.at(slice.gapAfter())));
        }
        if (!slice.message().isEmpty()) {
            batch.add(slice.message(), slice.frames());
        }
        return true;
    }

    /** Event loop: closes the socket without a last message. */
    final void abort(CloseCode code, String reason) {
        loop.assertInLoop();
        GracefulClose closing = new GracefulClose(socket, code, reason, loop::runBlocking, loop.now());
        loop.closeGracefully(closing);
        closing.close();
    }

    /** Event loop: sends what the inbox still has and {@code $bye}, then closes the socket. Without {@code $bye}, if the reader would not get it. */
    final void closeGracefully(CloseCode code, String reason, OptionalLong afterMillis) {
        loop.assertInLoop();
        LOG.log(System.Logger.Level.DEBUG, "line {0}: closing its connection with {1}, {2}", line.id(), code, reason);
        GracefulClose closing = new GracefulClose(socket, code, reason, loop::runBlocking, loop.now() + limits.timeouts().send().toNanos());
        loop.closeGracefully(closing);
        if (!canSendBye()) {
            closing.close();
            return;
        }
        permit.retire(() -> {
            // The inbox may hold the reason for the close, such as the error of a bad frame.
            WriteBatch last = newBatch();
            inbox.fill(last, this);
            last.add(FrameWriter.bye(code, afterMillis, reason));
            closing.send(last.message().text());
        });
    }

    boolean canSendBye() {
        return !isSending() && !window.isFull();
    }
}
