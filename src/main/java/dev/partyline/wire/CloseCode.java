package dev.partyline.wire;

import java.util.List;

/**
 * A close code: after 4000–4499 the client reconnects, after 4500–4999 it does not. The protocol has those below, see PROTOCOL.md; an application has 4100–4499 and 4600–4999 for itself.
 *
 * <p>No enum, because of the application's; and no record, whose generated comparison keeps the class loader of a stopped application.
 */
public final class CloseCode {

    /** Answers {@code $bye} of the client. */
    public static final CloseCode NORMAL = new CloseCode(1000, "NORMAL");
    public static final CloseCode TOO_BIG = new CloseCode(1009, "TOO_BIG");
    public static final CloseCode SHUTTING_DOWN = new CloseCode(4000, "SHUTTING_DOWN");
    public static final CloseCode TOO_SLOW = new CloseCode(4001, "TOO_SLOW");
    public static final CloseCode HEARTBEAT_TIMEOUT = new CloseCode(4002, "HEARTBEAT_TIMEOUT");
    public static final CloseCode TOKEN_EXPIRED = new CloseCode(4003, "TOKEN_EXPIRED");
    /** The HTTP session or the login of the line's user has ended: the client's next handshake shows whether there is a user. */
    public static final CloseCode CHECK_LOGIN = new CloseCode(4004, "CHECK_LOGIN");
    public static final CloseCode RATE = new CloseCode(4005, "RATE");
    public static final CloseCode OVERLOADED = new CloseCode(4006, "OVERLOADED");
    public static final CloseCode INTERNAL = new CloseCode(4008, "INTERNAL");
    public static final CloseCode BAD_FRAME = new CloseCode(4500, "BAD_FRAME");
    public static final CloseCode NOT_AUTHENTICATED = new CloseCode(4501, "NOT_AUTHENTICATED");
    public static final CloseCode FORBIDDEN = new CloseCode(4502, "FORBIDDEN");
    public static final CloseCode VERSION = new CloseCode(4503, "VERSION");
    public static final CloseCode TOO_MANY_LINES = new CloseCode(4504, "TOO_MANY_LINES");
    /** The user of the line is not logged in any more. */
    public static final CloseCode LOGIN_ENDED = new CloseCode(4505, "LOGIN_ENDED");
    public static final CloseCode NO_HELLO = new CloseCode(4506, "NO_HELLO");
    public static final CloseCode REPLACED = new CloseCode(4507, "REPLACED");

    private static final List<CloseCode> OF_PROTOCOL = List.of(NORMAL, TOO_BIG, SHUTTING_DOWN, TOO_SLOW, HEARTBEAT_TIMEOUT, TOKEN_EXPIRED, CHECK_LOGIN, RATE, OVERLOADED, INTERNAL, BAD_FRAME,
        NOT_AUTHENTICATED, FORBIDDEN, VERSION, TOO_MANY_LINES, LOGIN_ENDED, NO_HELLO, REPLACED);

    private static final int FIRST_RECONNECTING = 4100;
    private static final int FIRST_STOPPING_OF_ALL = 4500;
    private static final int FIRST_STOPPING = 4600;
    private static final int LAST = 4999;

    private final int number;
    private final String name;

    private CloseCode(int number, String name) {
        this.number = number;
        this.name = name;
    }

    /** All codes of the protocol. */
    public static List<CloseCode> ofProtocol() {
        return OF_PROTOCOL;
    }

    /**
     * A code of an application.
     *
     * @throws IllegalArgumentException if the number is not one of those that the protocol leaves to applications
     */
    public static CloseCode ofApplication(int number) {
        boolean free = number >= FIRST_RECONNECTING && number < FIRST_STOPPING_OF_ALL || number >= FIRST_STOPPING && number <= LAST;
        if (!free) {
            throw new IllegalArgumentException("close code " + number + " is not an application's: " + FIRST_RECONNECTING + " to " + (FIRST_STOPPING_OF_ALL - 1)
                + " have the browser reconnect, " + FIRST_STOPPING + " to " + LAST + " have it stay away");
        }
        return new CloseCode(number, Integer.toString(number));
    }

    public int number() {
        return number;
    }

    /** Whether the client will resume its line after this code, so that the line is held. */
    public boolean comesBack() {
        return number < FIRST_STOPPING_OF_ALL && number != NORMAL.number;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CloseCode code && code.number == number;
    }

    @Override
    public int hashCode() {
        return number;
    }

    /** For the log. */
    @Override
    public String toString() {
        return name;
    }
}
