package dev.partyline;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;

/**
 * Everything about Partyline that can be set, with its default. A setting is given as a system property of its {@link #property name}, as an environment variable of
 * the same name in capitals with underscores, or as a context parameter; the first of these wins.
 */
public enum Setting {

    DEMO("partyline.demo", Kind.FLAG, "false", "answers what no handler takes, broadcasts to each line, and opens the topics that begin with demo.; the WAR itself switches it on"),
    DEMO_BROADCAST_AFTER("partyline.demo.broadcast.after", Kind.TIME, "PT15S", "when a line hears the demo's broadcast, after it was opened"),
    ORIGINS("partyline.origins", Kind.TEXT, "", "origins, besides the server's own, whose pages may connect, separated by commas; * for any"),
    USER_REQUIRED("partyline.user.required", Kind.FLAG, "false", "whether a line needs a user, from the container's login or by token"),
    PLAIN_CLIENTS("partyline.plain.clients", Kind.FLAG, "true", "whether clients that never say $hello are served, in the post's shapes"),
    PLAIN_AFTER("partyline.plain.after", Kind.TIME, "PT3S", "how long a client may say nothing before it is taken for a plain one"),
    HELLO_WITHIN("partyline.hello.within", Kind.TIME, "PT10S", "how long a client may take for its first frame where it must say $hello"),

    MESSAGE_CHARS("partyline.message.chars", Kind.COUNT, "65536", "longest WebSocket message from a client, in characters"),
    WINDOW_CHARS("partyline.window.chars", Kind.COUNT, "262144", "characters that may be under way to a client without its acknowledgement"),
    BATCH_CHARS("partyline.batch.chars", Kind.COUNT, "65536", "characters that are joined in one WebSocket message to a client"),
    SEND_WITHIN("partyline.send.within", Kind.TIME, "PT5S", "how long a send may be under way, or a window full, before the socket is closed"),
    SILENCE("partyline.silence", Kind.TIME, "PT35S", "how long a client may say nothing before its socket is closed"),
    KEEP_ALIVE("partyline.keep.alive", Kind.TIME, "PT20S", "how long the server says nothing; containers and proxies close what is silent, some after 30 s"),
    RATE("partyline.rate", Kind.COUNT, "50", "messages per second that a line may send in the long run"),
    RATE_BURST("partyline.rate.burst", Kind.COUNT, "100", "messages that a line may send at once"),

    TABS("partyline.tabs", Kind.COUNT, "64", "tabs on a line"),
    TOPICS("partyline.topics", Kind.COUNT, "128", "topics that a line may join"),
    LINES("partyline.lines", Kind.COUNT, "50000", "lines of this server, open and held"),
    LINES_PER_USER("partyline.lines.per.user", Kind.COUNT, "20", "lines of one user"),
    LINES_PER_ADDRESS("partyline.lines.per.address", Kind.COUNT, "200", "lines from one address"),

    LOG_MESSAGES("partyline.log.messages", Kind.COUNT, "256", "messages that a topic keeps"),
    LOG_CHARS("partyline.log.chars", Kind.COUNT, "1048576", "characters that a topic keeps"),
    LOG_AGE("partyline.log.age", Kind.TIME, "PT5M", "how long a topic keeps a message"),
    LOGS("partyline.logs", Kind.COUNT, "100000", "topics of this server"),
    KEY_MEMORY("partyline.key.memory", Kind.TIME, "PT5M", "how long the key of a publish is remembered"),
    INBOX_MESSAGES("partyline.inbox.messages", Kind.COUNT, "512", "messages that wait in a line's inbox"),
    INBOX_CHARS("partyline.inbox.chars", Kind.COUNT, "1048576", "characters that wait in a line's inbox, and the longest reply"),
    HOLD("partyline.hold", Kind.TIME, "PT2M", "how long a line without a socket waits for its browser"),
    HELD_LINES("partyline.held.lines", Kind.COUNT, "10000", "lines without a socket that wait"),
    HELD_CHARS("partyline.held.chars", Kind.COUNT, "67108864", "characters in the inboxes of lines that wait"),

    OPERATORS("partyline.operators", Kind.COUNT_OR_AUTO, "auto", "threads that send to the lines; auto: one per processor"),
    HANDLER_THREADS("partyline.handler.threads", Kind.COUNT_OR_AUTO, "auto", "handlers that run at a time; auto: 4 per processor, at least 16"),
    HANDLER_WAITING("partyline.handler.waiting", Kind.COUNT, "10000", "tabs whose messages wait for a handler thread"),
    HANDLER_WAITING_PER_TAB("partyline.handler.waiting.per.tab", Kind.COUNT, "256", "messages of one tab that wait for their turn"),
    HANDLER_WITHIN("partyline.handler.within", Kind.TIME, "PT10S", "how long a handler may take for a request"),

    API_KEY("partyline.api.key", Kind.TEXT, "", "the key that other programs show to use the HTTP API, which is closed without one"),
    API_BATCH("partyline.api.batch", Kind.COUNT, "1000", "messages in one request to the HTTP API, and lines in one of its answers"),
    API_BODY_CHARS("partyline.api.body.chars", Kind.COUNT, "1048576", "characters of a request to the HTTP API"),

    NAME_CHARS("partyline.name.chars", Kind.COUNT, "128", "characters of a type or topic that a client names, at most 128"),
    JSON_DEPTH("partyline.json.depth", Kind.COUNT, "32", "levels of nesting in a client's frame, at most 64"),
    JSON_NUMBER_CHARS("partyline.json.number.chars", Kind.COUNT, "40", "characters of a number in a client's frame"),
    JSON_MEMBERS("partyline.json.members", Kind.COUNT, "1000", "members of all objects in a client's frame");

    enum Kind {
        FLAG("true or false"),
        COUNT("a whole number from 1 to " + Integer.MAX_VALUE),
        COUNT_OR_AUTO("a whole number from 1 to " + Integer.MAX_VALUE + ", or auto"),
        TIME("a time such as PT5S or PT2M (ISO 8601), or 5s, 2m, 500ms"),
        TEXT("text");

        private final String allowed;

        Kind(String allowed) {
            this.allowed = allowed;
        }
    }

    private final String property;
    private final Kind kind;
    private final String standard;
    private final String meaning;

    Setting(String property, Kind kind, String standard, String meaning) {
        this.property = property;
        this.kind = kind;
        this.standard = standard;
        this.meaning = meaning;
    }

    /** The name as a system property or context parameter. */
    public String property() {
        return property;
    }

    /** The name as an environment variable. */
    public String variable() {
        return property.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    public String standard() {
        return standard;
    }

    public String meaning() {
        return meaning;
    }

    /** @throws IllegalArgumentException with the name, the value and what is allowed */
    Object parse(String text) {
        try {
            return switch (kind) {
                case FLAG -> flag(text);
                case COUNT -> count(text);
                case COUNT_OR_AUTO -> text.equals("auto") ? 0L : count(text);
                case TIME -> time(text);
                case TEXT -> text;
            };
        } catch (IllegalArgumentException | DateTimeParseException e) {
            throw new IllegalArgumentException(property + " is \"" + text + "\", must be " + kind.allowed, e);
        }
    }

    private static Boolean flag(String text) {
        if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException(text);
        }
        return text.equals("true");
    }

    private static Long count(String text) {
        long count = Long.parseLong(text);
        if (count < 1 || count > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(text);
        }
        return count;
    }

    private static Duration time(String text) {
        Duration time;
        if (text.startsWith("P")) {
            time = Duration.parse(text);
        } else if (text.endsWith("ms")) {
            time = Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
        } else {
            time = Duration.parse("PT" + text.toUpperCase(Locale.ROOT));
        }
        if (time.isNegative() || time.isZero()) {
            throw new IllegalArgumentException(text);
        }
        return time;
    }
}
