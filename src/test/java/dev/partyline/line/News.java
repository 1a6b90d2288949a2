package dev.partyline.line;

import java.util.ArrayList;
import java.util.List;

/** A listener that keeps what it is told. */
final class News implements LineRegistry.Listener {

    final List<String> told = new ArrayList<>();

    @Override
    public synchronized void opened(Line line) {
        told.add("opened");
    }

    @Override
    public synchronized void held(Line line) {
        told.add("held");
    }

    @Override
    public synchronized void resumed(Line line) {
        told.add("resumed");
    }

    @Override
    public synchronized void removed(Line line) {
        told.add("gone");
    }

    @Override
    public synchronized void tabOpened(Line line, String tab) {
        told.add("opened " + tab);
    }

    @Override
    public synchronized void tabClosed(Line line, String tab) {
        told.add("gone " + tab);
    }
}
