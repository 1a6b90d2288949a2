package dev.partyline.handler;

import java.util.Optional;

/**
 * One message from a tab, as its handler gets it.
 *
 * @param <T> what the message's value was turned into
 */
public final class Call<T> {

    private final String type;
    private final T value;
    private final Caller caller;
    private final boolean request;

    Call(String type, T value, Caller caller, boolean request) {
        this.type = type;
        this.value = value;
        this.caller = caller;
        this.request = request;
    }

    /** The type that the tab gave its message; empty for the post's untyped messages, which only the demo takes. */
    public String type() {
        return type;
    }

    /** The message's value; null where the tab sent none, or sent {@code null}, and the type allows it. */
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

    /** Whoever logged in, by the container or by token. */
    public Optional<String> user() {
        return caller.user();
    }

    public Caller caller() {
        return caller;
    }

    /** Whether the tab waits for an answer. */
    public boolean isRequest() {
        return request;
    }
}
