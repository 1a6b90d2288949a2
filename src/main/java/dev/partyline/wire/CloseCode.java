package dev.partyline.wire;

/** The close codes of the protocol: after 4000–4499 the client reconnects, after 4500–4999 it does not. See PROTOCOL.md. */
public enum CloseCode {

    /** Answers {@code $bye} of the client. */
    NORMAL(1000),
    TOO_BIG(1009),
    SHUTTING_DOWN(4000),
    TOO_SLOW(4001),
    HEARTBEAT_TIMEOUT(4002),
    TOKEN_EXPIRED(4003),
    RATE(4005),
    OVERLOADED(4006),
    INTERNAL(4008),
    BAD_FRAME(4500),
    NOT_AUTHENTICATED(4501),
    FORBIDDEN(4502),
    VERSION(4503),
    TOO_MANY_LINES(4504),
    NO_HELLO(4506),
    REPLACED(4507);

    private final int number;

    CloseCode(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    /** Whether the client will resume its line after this code, so that the line is held. */
    public boolean comesBack() {
        return number < 4500 && number != NORMAL.number;
    }
}
