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

    /** @param owner the user or address that has the line, as a log message names it */
    public Publisher(String owner) {
        this.owner = Objects.requireNonNull(owner, "owner");
    }

    public String owner() {
        return owner;
    }
}
