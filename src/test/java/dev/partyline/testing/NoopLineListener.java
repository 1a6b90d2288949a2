package dev.partyline.testing;

import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;

/** A listener that does not want to hear of lines. */
public final class NoopLineListener implements LineRegistry.Listener {

    @Override
    public void opened(Line line) {
    }

    @Override
    public void held(Line line) {
    }

    @Override
    public void resumed(Line line) {
    }

    @Override
    public void removed(Line line) {
    }

    @Override
    public void tabOpened(Line line, String tab) {
    }

    @Override
    public void tabClosed(Line line, String tab) {
    }
}
