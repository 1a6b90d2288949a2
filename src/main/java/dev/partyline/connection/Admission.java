package dev.partyline.connection;

import dev.partyline.line.Line;
import java.time.Instant;
import java.util.Optional;

/**
 * A client that is admitted.
 *
 * @param line        the line that its socket is to be attached to
 * @param attachment  how the line continues when the socket is attached
 * @param expires     when its token must be renewed
 * @param allTabsOpen whether each tab that it named is now on the line
 * @param binary      whether it also reads binary messages
 */
record Admission(Line line, Line.Attachment attachment, Optional<Instant> expires, boolean allTabsOpen, boolean binary) {
}
