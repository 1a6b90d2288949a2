package dev.partyline.handler;

import java.util.Locale;

/** Why a question to a tab has no answer: what the stage of {@code Partyline.ask} ends with. A stage that the application cancels ends with a {@link java.util.concurrent.CancellationException}. */
public final class AskException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Reason reason;
    private final String code;
    private final boolean retryable;

    /** What has become of the question. */
    public enum Reason {
        /** No answer came in time. The page may have received the question, and may answer later, which has no effect. */
        TIMEOUT(true),
        /** The tab is closed, or its line has ended, or no line of this server has such a tab. */
        TAB_GONE(false),
        /** The page answered with an error, whose code is {@link #code}: {@code unknown_type} if it has no answer for this type, {@code failed} if its function threw. */
        REJECTED(false),
        /** The page answered with a value of another type than the application expects. */
        BAD_VALUE(false),
        /** As many questions are open as {@code partyline.questions} allows. */
        OVERLOADED(true),
        /** Partyline was stopped. */
        STOPPED(false);

        private final boolean retryable;

        Reason(boolean retryable) {
            this.retryable = retryable;
        }
    }

    AskException(Reason reason, String message) {
        this(reason, reason.name().toLowerCase(Locale.ROOT), message, reason.retryable);
    }

    private AskException(Reason reason, String code, String message, boolean retryable) {
        super(message);
        this.reason = reason;
        this.code = code;
        this.retryable = retryable;
    }

    /** The page has answered with this error. */
    static AskException ofPage(String code, String message, boolean retryable) {
        return new AskException(Reason.REJECTED, code, message, retryable);
    }

    public Reason reason() {
        return reason;
    }

    /** The code of the page's error; else the reason in small letters. */
    public String code() {
        return code;
    }

    /** Whether the same question may be answered later. */
    public boolean retryable() {
        return retryable;
    }
}
