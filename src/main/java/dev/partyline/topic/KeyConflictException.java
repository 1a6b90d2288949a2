package dev.partyline.topic;

/** A publish has the idempotency key of an earlier one of the same publisher, and another message. It was not appended. */
public final class KeyConflictException extends IllegalArgumentException {

    private static final long serialVersionUID = 1;

    KeyConflictException() {
        super("this key was used for another message of this publisher: use a new key for a new message");
    }
}
