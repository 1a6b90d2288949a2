package dev.partyline.line;

import dev.partyline.line.RateLimiter.Decision;

/**
 * What a line has sent lately, as far as its rates are concerned. It belongs to the line and not to its connection: who connects again does not start anew.
 *
 * <p>Any thread may call: a connection that was replaced may still deliver frames.
 */
public final class LineRates {

    /** A worker with many tabs and topics sends many control frames at once. */
    private static final int CONTROL_BURST_FACTOR = 4;
    /** An acknowledgement or a pong costs no characters unless it is longer. */
    private static final int FREE_CHARS = 128;
    /** No message of the server is shorter. */
    private static final int MIN_MESSAGE_CHARS = 16;

    private final RateLimits limits;
    /** Messages and publishes. {@code $welcome} announces this limit and the one of characters, and the worker applies both to its tabs. */
    private final RateLimiter messages;
    /** All other frames that count. */
    private final RateLimiter control;
    private final RateLimiter chars;
    /** Acknowledgements and pongs beyond one for each message of the server. */
    private final RateLimiter answers;
    private final RateLimiter pings;
    /** Messages that the server has sent on the present connection, and which of them may still be answered, of both connections after a reconnect. */
    private long sentMessages;
    private long answerable;
    private final long maxAnswerable;

    /** @param windowChars how many characters the server sends that are not acknowledged */
    LineRates(RateLimits limits, long windowChars, long nowNanos) {
        this.limits = limits;
        this.messages = new RateLimiter(limits.perSecond(), limits.burst(), nowNanos);
        this.control = new RateLimiter(limits.perSecond(), CONTROL_BURST_FACTOR * (double) limits.burst(), nowNanos);
        this.chars = new RateLimiter(limits.charsPerSecond(), limits.charsBurst(), nowNanos);
        this.answers = new RateLimiter(limits.perSecond(), CONTROL_BURST_FACTOR * (double) limits.burst(), nowNanos);
        this.pings = new RateLimiter(limits.perSecond(), CONTROL_BURST_FACTOR * (double) limits.burst(), nowNanos);
        this.maxAnswerable = windowChars / MIN_MESSAGE_CHARS;
    }

    public RateLimits limits() {
        return limits;
    }

    /** How many messages may be sent at once now; negative after a rejection. A client that resumes the line must know it. */
    public synchronized long messagesLeft(long nowNanos) {
        return messages.left(nowNanos);
    }

    /** As {@link #messagesLeft}, of characters. */
    public synchronized long charsLeft(long nowNanos) {
        return chars.left(nowNanos);
    }

    /** A message or a publish of so many characters. */
    public synchronized Decision onMessage(int length, long nowNanos) {
        return messages.tryAcquire(1, nowNanos).or(chars.tryAcquire(length, nowNanos));
    }

    /** Another frame. */
    public synchronized Decision onControlFrame(int length, long nowNanos) {
        return control.tryAcquire(1, nowNanos).or(chars.tryAcquire(length, nowNanos));
    }

    /**
     * An acknowledgement or a pong. A client that answers each message of the server, however many there are, is never over the limit.
     *
     * @param sentMessages how many messages the server has sent on this connection
     */
    public synchronized Decision onAnswer(int length, long sentMessages, long nowNanos) {
        long more = sentMessages < this.sentMessages ? sentMessages : sentMessages - this.sentMessages;
        this.sentMessages = sentMessages;
        answerable = Math.min(maxAnswerable, answerable + more);
        Decision number = Decision.ALLOWED;
        if (answerable > 0) {
            answerable--;
        } else {
            number = answers.tryAcquire(1, nowNanos);
        }
        return length <= FREE_CHARS ? number : number.or(chars.tryAcquire(length, nowNanos));
    }

    /** WebSocket pings. Each costs the server a read and a write. */
    synchronized Decision onPings(int count, long nowNanos) {
        return pings.tryAcquire(count, nowNanos);
    }

    /** Characters of a message that are not part of a frame. */
    public synchronized Decision onOtherChars(int length, long nowNanos) {
        return chars.tryAcquire(length, nowNanos);
    }
}
