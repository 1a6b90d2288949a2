package dev.partyline.sample;

import dev.partyline.Partyline;
import dev.partyline.handler.Caller;
import dev.partyline.handler.LineListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What the application hears of lines and tabs. {@code diary} answers with what it heard of one line. */
final class Diary implements LineListener {

    private final List<String> entries = new CopyOnWriteArrayList<>();

    Diary(Partyline partyline) {
        partyline.on("diary", String.class, call -> entries.stream()
            .filter(entry -> entry.startsWith(call.value() + " "))
            .map(entry -> entry.substring(call.value().length() + 1))
            .toList());
    }

    @Override
    public void lineOpened(Caller line) {
        note(line, "opened");
    }

    @Override
    public void lineHeld(Caller line) {
        note(line, "held");
    }

    @Override
    public void lineResumed(Caller line) {
        note(line, "resumed");
    }

    @Override
    public void lineGone(Caller line) {
        note(line, "gone");
        throw new IllegalStateException("a listener that fails");
    }

    @Override
    public void tabOpened(Caller tab) {
        note(tab, "tab opened");
    }

    @Override
    public void tabHidden(Caller tab) {
        note(tab, "tab hidden");
    }

    @Override
    public void tabVisible(Caller tab) {
        note(tab, "tab visible");
    }

    @Override
    public void tabGone(Caller tab) {
        note(tab, "tab gone");
    }

    private void note(Caller who, String what) {
        entries.add(who.line() + " " + what + who.tab().map(tab -> ": " + tab).orElse(""));
    }
}
