package dev.partyline.cdi;

import dev.partyline.handler.Caller;
import dev.partyline.handler.LineClosed;
import dev.partyline.handler.LineHeld;
import dev.partyline.handler.LineListener;
import dev.partyline.handler.LineOpened;
import dev.partyline.handler.LineResumed;
import dev.partyline.handler.TabClosed;
import dev.partyline.handler.TabHidden;
import dev.partyline.handler.TabOpened;
import dev.partyline.handler.TabVisible;
import jakarta.enterprise.event.Event;
import java.lang.reflect.Type;
import java.util.Set;

/** Fires the events of lines and tabs as CDI events, on the thread of a line listener and in its order. */
final class CdiEvents implements LineListener {

    static final Set<Type> TYPES = Set.of(LineOpened.class, LineHeld.class, LineResumed.class, LineClosed.class, TabOpened.class, TabHidden.class, TabVisible.class, TabClosed.class);

    private final Event<Object> events;

    CdiEvents(Event<Object> events) {
        this.events = events;
    }

    @Override
    public void lineOpened(Caller line) {
        events.fire(new LineOpened(line));
    }

    @Override
    public void lineHeld(Caller line) {
        events.fire(new LineHeld(line));
    }

    @Override
    public void lineResumed(Caller line) {
        events.fire(new LineResumed(line));
    }

    @Override
    public void lineGone(Caller line) {
        events.fire(new LineClosed(line));
    }

    @Override
    public void tabOpened(Caller tab) {
        events.fire(new TabOpened(tab));
    }

    @Override
    public void tabHidden(Caller tab) {
        events.fire(new TabHidden(tab));
    }

    @Override
    public void tabVisible(Caller tab) {
        events.fire(new TabVisible(tab));
    }

    @Override
    public void tabGone(Caller tab) {
        events.fire(new TabClosed(tab));
    }
}
