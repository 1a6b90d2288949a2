package dev.partyline.container;

import java.util.stream.Collectors;

/** The threads of Partyline in this JVM. */
final class PartylineThreads {

    private PartylineThreads() {
    }

    static String names() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.startsWith("partyline-")).sorted().collect(Collectors.joining(", "));
    }
}
