package dev.partyline.stats;

/** A limit that clients can reach, by the setting that raises it. {@link Counters#hit} counts and logs each time one is reached. */
public enum Limit {
    LINES("partyline.lines"),
    LINES_PER_USER("partyline.lines.per.user"),
    LINES_PER_ADDRESS("partyline.lines.per.address"),
    TABS("partyline.tabs"),
    TOPICS("partyline.topics"),
    LOGS("partyline.logs"),
    HELD_LINES("partyline.held.lines"),
    HELD_CHARS("partyline.held.chars"),
    MEMORY("partyline.memory.percent"),
    RATE("partyline.rate"),
    HANDLER_WAITING("partyline.handler.waiting"),
    HANDLER_WAITING_PER_TAB("partyline.handler.waiting.per.tab"),
    HANDLER_WITHIN("partyline.handler.within"),
    HANDLER_THREADS_REPLACED("partyline.handler.threads.replaced"),
    API_KEY_GUESSES("partyline.api.key.guesses");

    private final String setting;

    Limit(String setting) {
        this.setting = setting;
    }

    /** The name of the setting. */
    public String setting() {
        return setting;
    }
}
