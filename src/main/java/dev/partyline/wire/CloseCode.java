package dev.partyline.wire;

/** Why a line's socket is closed. 4000–4499 tell the client to come back, 4500–4999 to stay away; PROTOCOL.md has the table. */
public enum CloseCode {

    /** The answer to the client's own {@code $bye}. */
    NORMAL(1000),
    TOO_BIG(1009),
    SHUTTING_DOWN(4000),
    TOO_SLOW(4001),
    NO_SIGN_OF_LIFE(4002),
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

    /** Whether a client that heard this will come back to its line, so that the line is worth holding. */
    public boolean comesBack() {
        return number < 4500 && number != NORMAL.number;
    }
}
