package dev.partyline.handler;

import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Passes the events of lines and tabs on to the application's line listeners, and to the questions that wait for tabs. */
public final class LineEvents implements LineRegistry.Listener {

    private static final System.Logger LOG = System.getLogger(LineEvents.class.getName());

    private final Dispatcher dispatcher;
    private final Questions questions;

    public LineEvents(Dispatcher dispatcher, Questions questions) {
        this.dispatcher = dispatcher;
        this.questions = questions;
    }

    @Override
    public void opened(Line line) {
        emit("opened", line, Optional.empty(), LineListener::lineOpened);
    }

    @Override
    public void held(Line line) {
        emit("held", line, Optional.empty(), LineListener::lineHeld);
    }

    @Override
    public void resumed(Line line) {
        emit("resumed", line, Optional.empty(), LineListener::lineResumed);
    }

    @Override
    public void removed(Line line) {
        emit("removed", line, Optional.empty(), LineListener::lineGone);
    }

    @Override
    public void tabOpened(Line line, String tab) {
        questions.onTabOpened(line, tab);
        emit("opened tab", line, Optional.of(tab), LineListener::tabOpened);
    }

    @Override
    public void tabClosed(Line line, String tab) {
        questions.onTabClosed(line, tab);
        emit("closed tab", line, Optional.of(tab), LineListener::tabGone);
    }

    private void emit(String what, Line line, Optional<String> tab, BiConsumer<LineListener, Caller> event) {
        LOG.log(System.Logger.Level.DEBUG, () -> "line " + line.id() + " " + what + tab.map(id -> " " + id).orElse(""));
        Caller caller = Callers.of(line, tab);
        dispatcher.notifyListeners(line, listener -> event.accept(listener, caller));
    }
}
