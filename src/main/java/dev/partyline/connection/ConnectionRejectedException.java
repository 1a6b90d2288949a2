package dev.partyline.connection;

import dev.partyline.wire.CloseCode;

/** A client is not let in. It is told by a close, and its own text says why. */
final class ConnectionRejectedException extends Exception {

    private static final long serialVersionUID = 1;

    private final CloseCode code;

    ConnectionRejectedException(CloseCode code, String reason) {
        // Clients can cause these at will: a stack trace for each would be their gift to us.
        super(reason, null, false, false);
        this.code = code;
    }

    CloseCode code() {
        return code;
    }
}
