package dev.partyline.connection;

import dev.partyline.wire.CloseCode;

/** A client is not admitted. Its connection is closed with the code, and with the message as the reason. */
final class ConnectionRejectedException extends Exception {

    private static final long serialVersionUID = 1;

    private final CloseCode code;

    ConnectionRejectedException(CloseCode code, String reason) {
        // No stack trace: clients can trigger these at will, and filling it is expensive.
        super(reason, null, false, false);
        this.code = code;
    }

    CloseCode code() {
        return code;
    }
}
