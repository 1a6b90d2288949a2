package dev.partyline.line;

import java.util.ArrayList;
import java.util.List;

/** A listener that records its events. */
final class RecordingLineListener implements LineRegistry.Listener {

    final List<String> events = new ArrayList<>();

    @Override
    public synchronized void opened(Line line) {
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
