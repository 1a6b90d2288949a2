package dev.partyline.connection;

import dev.partyline.line.Line;

/**
 * A client that is admitted.
 *
 * @param line          the line that its socket is to be attached to
 * @param attachment    how the line continues when the socket is attached
 * @param allTabsOpen   whether each tab that it named is now on the line
 * @param binary        whether it also reads binary messages
 * @param policyVersion of the line, when the policy was asked about its topics
 */
record Admission(Line line, Line.Attachment attachment, boolean allTabsOpen, boolean binary, int policyVersion) {
}
