package dev.partyline.stats;

/** A limit that clients can reach, by the setting that raises it. {@link Counters#hit} counts and logs each time one is reached. */
public enum Limit {
    LINES("partyline.lines"),
    LINES_PER_USER("partyline.lines.per.user"),
    LINES_PER_ADDRESS("partyline.lines.per.address"),
    LINES_PER_ADDRESS_RATE("partyline.lines.per.address.rate"),
    SOCKETS_PER_ADDRESS("partyline.sockets.per.address"),
    TABS("partyline.tabs"),
    TOPICS("partyline.topics"),
    LOGS("partyline.logs"),
    HELD_LINES("partyline.held.lines"),
    HELD_CHARS("partyline.held.chars"),
    MEMORY("partyline.memory.percent"),
    LOGS_PER_LINE("partyline.logs.per.line"),
    LOGS_PER_USER("partyline.logs.per.user"),
    LOGS_PER_ADDRESS("partyline.logs.per.address"),
    RATE("partyline.rate"),
    RATE_CHARS("partyline.rate.chars"),
    SEND_WITHIN("partyline.send.within"),
    INBOX_MESSAGES("partyline.inbox.messages"),
    INBOX_CHARS("partyline.inbox.chars"),
    HANDLER_WAITING("partyline.handler.waiting"),
    HANDLER_WAITING_PER_TAB("partyline.handler.waiting.per.tab"),
    HANDLER_WITHIN("partyline.handler.within"),
    HANDLER_THREADS_REPLACED("partyline.handler.threads.replaced"),
    QUESTIONS("partyline.questions"),
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
