package dev.partyline.line;

import dev.partyline.wire.CloseCode;

/** Why a line or a connection is closed. A class and no record: see {@link CloseCode}. */
public final class Closing {

    private final CloseCode code;
    private final String reason;

    public Closing(CloseCode code, String reason) {
        this.code = code;
        this.reason = reason;
    }

    public CloseCode code() {
        return code;
    }

    public String reason() {
        return reason;
    }
}
