package dev.partyline.wire;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A peer sent something that PROTOCOL.md does not describe. Caught in one place, and answered by an error frame or a close.
 *
 * <p>The message is meant for the peer: it says what is wrong with its frame and quotes nothing of it.
 */
public final class BadFrameException extends RuntimeException {

    private final transient Optional<String> from;
    private final transient OptionalLong id;

    BadFrameException(String message) {
        this(message, Optional.empty(), OptionalLong.empty());
    }

    private BadFrameException(String message, Optional<String> from, OptionalLong id) {
        // Peers can cause these at will: a stack trace for each would be their gift to us.
        super(message, null, false, false);
        this.from = from;
        this.id = id;
    }

    /** The same fault, with whom to answer as far as that could be read; what is known already stays. */
    BadFrameException of(Optional<String> from, OptionalLong id) {
        return new BadFrameException(getMessage(), this.from.or(() -> from), this.id.isPresent() ? this.id : id);
    }

    /** The tab that sent the frame, where the frame says so. */
    public Optional<String> from() {
        return from;
    }

    /** The request that must be answered, where the frame is one. */
    public OptionalLong id() {
        return id;
    }
}
