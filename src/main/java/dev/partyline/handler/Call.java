package dev.partyline.handler;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * One message from a tab, as passed to its handler. Any thread may use it, also after the handler has returned; the value is as safe for threads as its class is.
 *
 * @param <T> the type of the message's value
 */
public final class Call<T> {

    private final String type;
    private final T value;
    private final Caller caller;
    private final boolean request;
    private final LongSupplier nanosLeft;

    /** @param nanosLeft until the deadline, negative after it */
    Call(String type, T value, Caller caller, boolean request, LongSupplier nanosLeft) {
        this.type = type;
        this.value = value;
        this.caller = caller;
        this.request = request;
        this.nanosLeft = nanosLeft;
    }

    /** The message's type; empty for messages without a type, which only a handler for all others receives. */
    public String type() {
        return type;
    }

    /** The message's value; null if the tab sent no value, or {@code null}. */
    public T value() {
        return value;
    }

    /** The tab that sent the message. */
    public String tab() {
        return caller.tab().orElseThrow();
    }

    /** The line that the tab is on. */
    public String line() {
        return caller.line();
    }

    /** The user that the container or the token verifier authenticated. */
    public Optional<String> user() {
        return caller.user();
    }

    public Caller caller() {
        return caller;
    }

    /** Whether the tab waits for a reply. */
    public boolean isRequest() {
        return request;
    }

    /**
     * The time until the deadline, at which a request is answered with {@code timeout} and what the handler returns is dropped: such as for the timeout of a query. Zero after the deadline. It is
     * counted from the arrival of the message, which may have waited for a thread.
     */
    public Duration timeLeft() {
        return Duration.ofNanos(Math.max(0, nanosLeft.getAsLong()));
    }
}
