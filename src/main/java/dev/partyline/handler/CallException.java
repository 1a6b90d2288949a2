package dev.partyline.handler;

import java.util.Objects;

/**
 * Thrown by a handler to reject a request with this code and message. It may also be the cause of what the handler throws, as when a container wraps what a bean has thrown.
 *
 * <p>Any other exception rejects it with {@code failed} and a reference to the server's log, because its text may contain internals; unless the application has a mapper for it
 * ({@code Partyline.onException}).
 */
public class CallException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final String code;
    private final boolean retryable;

    /**
     * @param code    for programs, such as {@code out_of_stock}
     * @param message for people, sent to the tab
     */
    public CallException(String code, String message) {
        this(code, message, false);
    }

    /** @param retryable whether the same request may succeed later */
    public CallException(String code, String message, boolean retryable) {
        super(Objects.requireNonNull(message, "message"));
        this.code = Objects.requireNonNull(code, "code");
        this.retryable = retryable;
    }

    public String code() {
        return code;
    }

    public boolean retryable() {
        return retryable;
    }
}
