package dev.partyline.line;

/**
 * The life of a line. Each method that returns a state is one event, which {@link Line#transition} applies.
 *
 * <pre>
 *      open           attach                reserve
 *   ─────────▶ RESERVED ─────▶ ATTACHED ──────────────▶ REPLACING
 *               ▲    ▲          │    ▲                   │    │
 *       reserve │    │          │    └───────────────────┘    │
 *               │    │   detach │           attach            │ detach
 *               │    └──────────┼─────────────────────────────┘ or close
 *               │               ▼
 *               └───────────── HELD ─────▶ REMOVED ◀── close, but for REPLACING; remove, from any state
 *                                   expire; from RESERVED to HELD or REMOVED, if no connection arrives
 * </pre>
 *
 * <p>Any thread reserves a line, so that no eviction removes it before its new connection arrives. All other events belong to the line's event loop. A connection may also arrive
 * that has no reservation any more, because another one used it up: every state but REMOVED accepts it.
 */
enum LineState {

    /** Without a connection; one is about to be attached. */
    RESERVED,

    /** With a connection. */
    ATTACHED,

    /** With a connection, which another one is about to replace. */
    REPLACING,

    /** Without a connection; the client may resume the line. */
    HELD,

    /** Final. */
    REMOVED;

    boolean hasConnection() {
        return this == ATTACHED || this == REPLACING;
    }

    LineState reserve() {
        // No switch: its synthetic class would first be loaded at the stop, when Open Liberty has taken the classes away already.
        return this == HELD ? RESERVED : this == ATTACHED ? REPLACING : this;
    }

    LineState attach() {
        return this == REMOVED ? REMOVED : ATTACHED;
    }

    /** The connection is lost and the line can be resumed. */
    LineState detach() {
        // No switch, see reserve().
        return this == ATTACHED ? HELD : this == REPLACING ? RESERVED : this;
    }

    /** The hold time is over, or the server needs the room. */
    LineState expire() {
        return this == HELD ? REMOVED : this;
    }

    /** The connection that the line is reserved for does not arrive, and the line never had one. */
    LineState expireReservation() {
        return this == RESERVED ? REMOVED : this;
    }

    /** The connection that the line is reserved for does not arrive. */
    LineState releaseReservation() {
        return this == RESERVED ? HELD : this;
    }

    /** The connection has ended and will not be resumed. That ends the line, unless another connection is about to replace this one. */
    LineState close() {
        return this == REPLACING ? RESERVED : REMOVED;
    }

    /** The line cannot be resumed. */
    LineState remove() {
        return REMOVED;
    }
}
