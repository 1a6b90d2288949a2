package dev.partyline.sample;

import dev.partyline.Partyline;
import dev.partyline.handler.Caller;
import dev.partyline.handler.LineListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the application hears of lines and tabs. {@code diary} answers with what it heard of one line. */
final class EventHistory implements LineListener {

    private final List<String> entries = new CopyOnWriteArrayList<>();

    EventHistory(Partyline partyline) {
        partyline.on("diary", String.class, call -> entries.stream()
            .filter(entry -> entry.startsWith(call.value() + " "))
            .map(entry -> entry.substring(call.value().length() + 1))
            .toList());
    }

    @Override
    public void lineOpened(Caller line) {
        add(line, "opened");
    }

    @Override
    public void lineHeld(Caller line) {
        add(line, "held");
    }

    @Override
    public void lineResumed(Caller line) {
        add(line, "resumed");
    }

    @Override
    public void lineGone(Caller line) {
        add(line, "gone");
        throw new IllegalStateException("a listener that fails");
    }

    @Override
    public void tabOpened(Caller tab) {
        add(tab, "tab opened");
    }

    @Override
    public void tabHidden(Caller tab) {
        add(tab, "tab hidden");
    }

    @Override
    public void tabVisible(Caller tab) {
        add(tab, "tab visible");
    }

    @Override
    public void tabGone(Caller tab) {
        add(tab, "tab gone");
    }

    private void add(Caller who, String what) {
        entries.add(who.line() + " " + what + who.tab().map(tab -> ": " + tab).orElse(""));
    }
}
