package dev.partyline.wire;

import java.util.Locale;

/** What went wrong with a frame, in a word that programs can rely on. Applications add codes of their own. */
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
    TIMEOUT(true),
    DUPLICATE(false),
    FAILED(false);

    private final boolean retryable;

    ErrorCode(boolean retryable) {
        this.retryable = retryable;
    }

    /** The word on the wire. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean retryable() {
        return retryable;
    }
}
