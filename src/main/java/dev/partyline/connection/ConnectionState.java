package dev.partyline.connection;

/**
 * The states of a {@link Connection}.
 *
 * <pre>
 *                            $hello                 admitted
 *   AWAITING_FIRST_FRAME ──────────────► ADMITTING ──────────► LINE
 *     │    │                                                    ▲
 *     │    │ silence, or a malformed message                    │ $hello
 *     │    └──────────────────────► PRESUMED_PLAIN ─────────────┘
 *     │ any other frame               │ any other frame
 *     └──────────────────► PLAIN ◄────┘
 *
 *   every state ──────────────► CLOSED     a rejection, a close by either side, or $bye
 * </pre>
 */
enum ConnectionState {

    AWAITING_FIRST_FRAME,

    /** The verifier and the policy are asked about a {@code $hello}, which may take long. */
    ADMITTING,

    /** Served as a plain client, which has not sent a valid frame: {@code $hello} is still accepted. */
    PRESUMED_PLAIN,

    PLAIN,

    /** The client has sent {@code $hello}. */
    LINE,

    /** Whatever the client sends is ignored. */
    CLOSED;

    /** Whether the connection is attached to a line. */
    boolean isAdmitted() {
        return this == PRESUMED_PLAIN || this == PLAIN || this == LINE;
    }
}
