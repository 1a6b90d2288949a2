package dev.partyline;

import dev.partyline.wire.JsonLimits;
import dev.partyline.wire.Names;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Everything about Partyline that can be set, with its default. A setting is given as a system property of its {@link #property name}, as an environment variable of
 * the same name in capitals with underscores, or as a context parameter; the first of these wins.
 */
public enum Setting {

    DEMO("partyline.demo", Kind.FLAG, "false", "answers what no handler takes, broadcasts to each line, and opens the topics that begin with demo.; the WAR itself switches it on"),
    DEMO_BROADCAST_AFTER("partyline.demo.broadcast.after", Kind.TIME, "PT15S", "when a line hears the demo's broadcast, after it was opened"),
    ORIGINS("partyline.origins", Kind.ORIGINS, "", "origins, besides the server's own, whose pages may connect, separated by commas; * for any"),
    USER_REQUIRED("partyline.user.required", Kind.FLAG, "false", "whether a line needs a user, from the container's login or by token"),
    PLAIN_CLIENTS("partyline.plain.clients", Kind.FLAG, "true", "whether clients that never say $hello are served, in the post's shapes"),
    PLAIN_AFTER("partyline.plain.after", Kind.TIME, "PT3S", "how long a client may say nothing before it is taken for a plain one"),
    HELLO_WITHIN("partyline.hello.within", Kind.TIME, "PT10S", "how long a client may take for its first frame where it must say $hello"),

    MESSAGE_CHARS("partyline.message.chars", Kind.COUNT, "65536", "longest WebSocket message from a client, in characters"),
    WINDOW_CHARS("partyline.window.chars", Kind.COUNT, "262144", "characters that may be under way to a client without its acknowledgement"),
    QUICK_CHARS("partyline.quick.chars", Kind.COUNT, "16384", "characters unacknowledged up to which Tomcat sends without a hand-over to a thread; they must fit into a connection's send buffer"),
    BATCH_CHARS("partyline.batch.chars", Kind.COUNT, "65536", "characters that are joined in one WebSocket message to a client"),
    SEND_WITHIN("partyline.send.within", Kind.TIME, "PT5S", "how long a send may be under way, or a window full, before the socket is closed"),
    SILENCE("partyline.silence", Kind.TIME, "PT35S", "how long a client may say nothing before its socket is closed"),
    KEEP_ALIVE("partyline.keep.alive", Kind.TIME, "PT20S", "how long the server says nothing; containers and proxies close what is silent, some after 30 s"),
    RATE("partyline.rate", Kind.count(1, 100_000_000), "50", "messages per second that a line may send in the long run"),
    RATE_BURST("partyline.rate.burst", Kind.count(1, 100_000_000), "100", "messages that a line may send at once"),

    TABS("partyline.tabs", Kind.COUNT, "64", "tabs on a line"),
    TOPICS("partyline.topics", Kind.COUNT, "128", "topics that a line may join"),
    LINES("partyline.lines", Kind.COUNT, "50000", "lines of this server, open and held"),
    LINES_PER_USER("partyline.lines.per.user", Kind.COUNT, "20", "lines of one user"),
    LINES_PER_ADDRESS("partyline.lines.per.address", Kind.COUNT, "200", "lines from one address"),

    LOG_MESSAGES("partyline.log.messages", Kind.COUNT, "256", "messages that a topic keeps"),
    LOG_CHARS("partyline.log.chars", Kind.COUNT, "1048576", "characters that a topic keeps"),
    LOG_AGE("partyline.log.age", Kind.TIME, "PT5M", "how long a topic keeps a message"),
    LOGS("partyline.logs", Kind.COUNT, "100000", "topics of this server"),
    KEY_MEMORY("partyline.key.memory", Kind.TIME, "PT5M", "how long the key of a publish is remembered, of the latest 1,024 of a topic"),
    INBOX_MESSAGES("partyline.inbox.messages", Kind.COUNT, "512", "messages that wait in a line's inbox"),
    INBOX_CHARS("partyline.inbox.chars", Kind.COUNT, "1048576", "characters that wait in a line's inbox, and the longest reply"),
    HOLD("partyline.hold", Kind.TIME, "PT2M", "how long a line without a socket waits for its browser"),
    HELD_LINES("partyline.held.lines", Kind.COUNT, "10000", "lines without a socket that wait"),
    HELD_CHARS("partyline.held.chars", Kind.COUNT, "67108864", "characters in the inboxes of lines that wait"),

    OPERATORS("partyline.operators", Kind.countOrAuto(1024), "auto", "threads that send to the lines; auto: one per processor"),
    HANDLER_THREADS("partyline.handler.threads", Kind.countOrAuto(10_000), "auto", "handlers that run at a time; auto: 4 per processor, at least 16"),
    HANDLER_WAITING("partyline.handler.waiting", Kind.count(1, 1_000_000), "10000", "tabs whose messages wait for a handler thread"),
    HANDLER_WAITING_PER_TAB("partyline.handler.waiting.per.tab", Kind.COUNT, "256", "messages of one tab that wait for their turn"),
    HANDLER_WITHIN("partyline.handler.within", Kind.TIME, "PT10S", "how long a handler may take for a request"),

    API_KEY("partyline.api.key", Kind.SECRET, "", "the key that other programs show to use the HTTP API, which is closed without one"),
    API_BATCH("partyline.api.batch", Kind.COUNT, "1000", "messages in one request to the HTTP API, and lines in one of its answers"),
    API_BODY_CHARS("partyline.api.body.chars", Kind.COUNT, "1048576", "characters of a request to the HTTP API"),

    NAME_CHARS("partyline.name.chars", Kind.count(1, Names.NAME_CHARS), "128", "characters of a type or topic that a client names, at most 128"),
    JSON_DEPTH("partyline.json.depth", Kind.count(JsonLimits.SHALLOWEST, JsonLimits.DEEPEST), "32", "levels of nesting in a client's frame, at most 64"),
    JSON_NUMBER_CHARS("partyline.json.number.chars", Kind.COUNT, "40", "characters of a number in a client's frame"),
    JSON_MEMBERS("partyline.json.members", Kind.COUNT, "1000", "members of all objects in a client's frame");

    /** What may be given for a setting, and what is made of it. */
    private record Kind(String allowed, boolean secret, Function<String, Object> parser) {

        private static final Duration SHORTEST = Duration.ofMillis(1);
        private static final Duration LONGEST = Duration.ofDays(365);
        private static final Pattern ORIGIN = Pattern.compile("\\*|null|[a-z][a-z0-9+.-]*://[^\\s/?#@]+");

        static final Kind FLAG = new Kind("true or false", false, Kind::flag);
        static final Kind COUNT = count(1, Integer.MAX_VALUE);
        static final Kind TIME = new Kind("a time from 1 ms to 365 days such as PT5S or PT2M (ISO 8601), or 5s, 2m, 500ms", false, Kind::time);
        static final Kind ORIGINS = new Kind("* or origins such as https://a.example:8443, separated by commas", false, Kind::origins);
        static final Kind SECRET = new Kind("visible ASCII characters, without spaces", true, Kind::secret);

        static Kind count(int least, int most) {
            return new Kind("a whole number from " + least + " to " + most, false, text -> count(text, least, most));
        }

        static Kind countOrAuto(int most) {
            return new Kind("a whole number from 1 to " + most + ", or auto", false, text -> text.equals("auto") ? 0L : count(text, 1, most));
        }

        private static Boolean flag(String text) {
            require(text.equals("true") || text.equals("false"));
            return text.equals("true");
        }

        private static Long count(String text, int least, int most) {
            long count = Long.parseLong(text);
            require(count >= least && count <= most);
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
            require(time.compareTo(SHORTEST) >= 0 && time.compareTo(LONGEST) <= 0);
            return time;
        }

        /** In small letters, as browsers write them. */
        private static Set<String> origins(String text) {
            Set<String> origins = Arrays.stream(text.toLowerCase(Locale.ROOT).split(",")).map(String::strip).filter(origin -> !origin.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
            origins.forEach(origin -> require(ORIGIN.matcher(origin).matches()));
            return origins;
        }

        private static String secret(String text) {
            require(text.chars().allMatch(c -> c > ' ' && c <= '~'));
            return text;
        }

        private static void require(boolean allowed) {
            if (!allowed) {
                throw new IllegalArgumentException();
            }
        }
    }

    private final String property;
    private final Kind kind;
    private final String defaultValue;
    private final String meaning;

    Setting(String property, Kind kind, String defaultValue, String meaning) {
        this.property = property;
        this.kind = kind;
        this.defaultValue = defaultValue;
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
        return defaultValue;
    }

    public String meaning() {
        return meaning;
    }

    /** What may be given, in words. */
    String allowed() {
        return kind.allowed();
    }

    /** @throws IllegalArgumentException with the name, the value unless it is a secret, and what is allowed */
    Object parse(String text) {
        try {
            return kind.parser().apply(text);
        } catch (IllegalArgumentException | DateTimeParseException e) {
            String given = kind.secret() ? " is not what it may be, which is " : " is \"" + text + "\", must be ";
            throw new IllegalArgumentException(property + given + kind.allowed(), kind.secret() ? null : e);
        }
    }
}
