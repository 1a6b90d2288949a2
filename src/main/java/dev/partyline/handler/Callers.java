package dev.partyline.handler;

import dev.partyline.line.Line;
import java.util.Optional;

/** Makes what the application learns of a line. */
public final class Callers {

    private Callers() {
    }

    /** With what is known of the line now. */
    public static Caller of(Line line, Optional<String> tab) {
        return new Caller(line.id(), tab.map(line::callerTab), line.user(), line.facts(), line.attributes());
    }
}
