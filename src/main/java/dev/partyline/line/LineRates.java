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
    /** An acknowledgement or a pong: they are sent as often as the server gives cause, so they cost no characters unless they are longer. */
    private static final int FREE_CHARS = 128;

    private final RateLimits limits;
    /** Messages and publishes. {@code $welcome} announces this limit and the one of characters, and the worker applies both to its tabs. */
    private final RateLimiter messages;
    /** All other frames that count. */
    private final RateLimiter control;
    private final RateLimiter chars;

    LineRates(RateLimits limits, long nowNanos) {
        this.limits = limits;
        this.messages = new RateLimiter(limits.perSecond(), limits.burst(), nowNanos);
        this.control = new RateLimiter(limits.perSecond(), CONTROL_BURST_FACTOR * (double) limits.burst(), nowNanos);
        this.chars = new RateLimiter(limits.charsPerSecond(), limits.charsBurst(), nowNanos);
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

    /** An acknowledgement or a pong. */
    public synchronized Decision onAnswer(int length, long nowNanos) {
        return length <= FREE_CHARS ? Decision.ALLOWED : chars.tryAcquire(length, nowNanos);
    }
}
