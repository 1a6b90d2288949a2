package dev.partyline.wire;

import java.util.Locale;

/** The error codes of the protocol. Applications add codes of their own. */
public enum ErrorCode {

    BAD_FRAME(false),
    BAD_VALUE(false),
    TOO_LARGE(false),
    UNKNOWN_TYPE(false),
    UNAUTHENTICATED(false),
    FORBIDDEN(false),
    TOO_MANY(false),
    RATE_LIMITED(true),
    OVERLOADED(true),
    /** Retryable nevertheless, if the handler never begins. */
    TIMEOUT(false),
    DUPLICATE(false),
    CONFLICT(false),
    REMOVED(false),
    FAILED(false);

    private final boolean retryable;

    ErrorCode(boolean retryable) {
        this.retryable = retryable;
    }

    /** As in the protocol. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean retryable() {
        return retryable;
    }
}
