package dev.partyline.topic;

import java.util.Objects;

/**
 * Whose messages a log retains: those of a line, or of the application. {@link RetainedMemory} is shared between publishers, and first between their owners, so that no owner gets
 * more of it by opening more lines. Compared by identity.
 */
public final class Publisher {

    /** The application, which the HTTP API publishes for as well. */
    public static final Publisher APPLICATION = new Publisher("the application");

    private final String owner;
    private final Object subject;

    /** A publisher that is its own owner. */
    public Publisher(String owner) {
        this(owner, owner);
    }

    /**
     * @param owner   the user or address that has the line
     * @param subject the line, whose text names it in the log
     */
    public Publisher(String owner, Object subject) {
        this.owner = Objects.requireNonNull(owner, "owner");
        this.subject = Objects.requireNonNull(subject, "subject");
    }

    public String owner() {
        return owner;
    }

    /** For the log. */
    @Override
    public String toString() {
        return subject.toString();
    }
}
