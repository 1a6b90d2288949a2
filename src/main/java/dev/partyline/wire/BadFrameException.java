package dev.partyline.wire;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A frame from a client is invalid according to PROTOCOL.md. Caught in one place, and answered by an error frame or a close.
 *
 * <p>The message is sent to the client: it says what is wrong and quotes nothing of the frame.
 */
public final class BadFrameException extends RuntimeException {

    private final transient Optional<String> from;
    private final transient OptionalLong id;

    BadFrameException(String message) {
        this(message, Optional.empty(), OptionalLong.empty());
    }

    private BadFrameException(String message, Optional<String> from, OptionalLong id) {
        // No stack trace: clients can trigger these at will, and filling it is expensive.
        super(message, null, false, false);
        this.from = from;
        this.id = id;
    }

    /** The same error with tab and id of the frame, as far as they could be read; known ones are kept. */
    BadFrameException of(Optional<String> from, OptionalLong id) {
        return new BadFrameException(getMessage(), this.from.or(() -> from), this.id.isPresent() ? this.id : id);
    }

    /** The tab that sent the frame, if known. */
    public Optional<String> from() {
        return from;
    }

    /** The id of the request to be answered, if known. */
    public OptionalLong id() {
        return id;
    }
}
