package dev.partyline.line;

import java.util.ArrayList;
import java.util.List;

/** A listener that records its events. */
final class RecordingLineListener implements LineRegistry.Listener {

    final List<String> events = new ArrayList<>();
    /** How many of the next removals it fails to hear of. */
    int failures;
    boolean openFails;

    @Override
    public synchronized void opened(Line line) {
        if (openFails) {
            throw new OutOfMemoryError("thrown by a test");
        }
        events.add("opened");
    }

    @Override
    public synchronized void held(Line line) {
        events.add("held");
    }

    @Override
    public synchronized void resumed(Line line) {
        events.add("resumed");
    }

    @Override
    public synchronized void removed(Line line) {
        if (failures-- > 0) {
            throw new OutOfMemoryError("thrown by a test");
        }
        events.add("removed");
    }

    @Override
    public synchronized void tabOpened(Line line, String tab) {
        events.add("opened " + tab);
    }

    @Override
    public synchronized void tabClosed(Line line, String tab) {
        events.add("closed " + tab);
    }
}
