package dev.partyline.handler;

import dev.partyline.line.Line;
import dev.partyline.line.LineRegistry;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Brings the news of lines and tabs to the application. */
public final class LineEvents implements LineRegistry.Listener {

    private static final System.Logger LOG = System.getLogger(LineEvents.class.getName());

    private final Dispatcher dispatcher;

    public LineEvents(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
    }

    @Override
    public void opened(Line line) {
        tell("opened", line, Optional.empty(), LineListener::lineOpened);
    }

    @Override
    public void held(Line line) {
        tell("held", line, Optional.empty(), LineListener::lineHeld);
    }

    @Override
    public void resumed(Line line) {
        tell("resumed", line, Optional.empty(), LineListener::lineResumed);
    }

    @Override
    public void gone(Line line) {
        tell("gone", line, Optional.empty(), LineListener::lineGone);
    }

    @Override
    public void tabOpened(Line line, String tab) {
        tell("has opened a tab", line, Optional.of(tab), LineListener::tabOpened);
    }

    @Override
    public void tabGone(Line line, String tab) {
        tell("has lost a tab", line, Optional.of(tab), LineListener::tabGone);
    }

    private void tell(String what, Line line, Optional<String> tab, BiConsumer<LineListener, Caller> news) {
        LOG.log(System.Logger.Level.DEBUG, () -> "line " + line.id() + " " + what + tab.map(id -> " " + id).orElse(""));
        Caller caller = new Caller(line.id(), tab, line.user());
        dispatcher.tell(line, listener -> news.accept(listener, caller));
    }
}
