package dev.partyline;

import dev.partyline.connection.TrustedProxies;
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
 * The settings of Partyline, with their defaults. A setting is given as a system property of its {@link #property name}, as an environment variable of
 * the same name in capitals with underscores, or as a context parameter; the first of these wins.
 */
public enum Setting {

    DEMO("partyline.demo", Kind.FLAG, "false",
        "answers messages without a handler, broadcasts to each line, and opens the topics that begin with demo.; the WAR itself switches it on"),
    DEMO_BROADCAST_AFTER("partyline.demo.broadcast.after", Kind.TIME, "PT15S", "delay between the opening of a line and the demo's broadcast"),
    DEMO_STORMS("partyline.demo.storms", Kind.FLAG, "false", "whether bench.html may have the demo publish storms, many messages as fast as possible"),
    DEMO_STORM_FRAMES("partyline.demo.storm.frames", Kind.COUNT, "100000", "maximum size of a storm: its messages, multiplied by the number of open lines"),
    ORIGINS("partyline.origins", Kind.ORIGINS, "", "origins, besides the server's own, whose pages may connect, separated by commas; * for any"),
    HOSTS("partyline.hosts", Kind.HOSTS, "",
        "names under which pages reach this server, separated by commas, besides addresses, localhost and names that cannot be registered; * for any; see SECURITY.md for the default"),
    PROXIES("partyline.proxies", Kind.NETWORKS, "",
        "addresses and networks (10.0.0.0/8) of proxies that are trusted to tell from whom and how a request came, by X-Forwarded-For, -Proto and -Host or by Forwarded, separated by commas"),
    USER_REQUIRED("partyline.user.required", Kind.FLAG, "false",
        "whether a line needs an authenticated user, from the container's login or by token"),
    PLAIN_CLIENTS("partyline.plain.clients", Kind.FLAG, "true", "whether plain clients, which never send $hello, are served"),
    PLAIN_AFTER("partyline.plain.after", Kind.TIME, "PT3S", "time without a message after which a client is served as a plain client"),
    HELLO_WITHIN("partyline.hello.within", Kind.TIME, "PT10S", "deadline for the first frame where a client must send $hello"),

    CALLER_ROLES("partyline.caller.roles", Kind.NAMES, "", "roles about which Caller.isInRole can be asked, besides those that web.xml declares, separated by commas"),
    CALLER_HEADERS("partyline.caller.headers", Kind.HEADERS, "", "headers of the handshake that Caller.header tells, separated by commas"),
    CALLER_PARAMETERS("partyline.caller.parameters", Kind.NAMES, "", "parameters of the handshake's query that Caller.parameter tells, separated by commas"),
    CALLER_CHARS("partyline.caller.chars", Kind.COUNT, "2048", "maximum length of these headers and parameters together, in characters; a longer handshake is rejected"),
    SESSION_KEEP_ALIVE("partyline.session.keep.alive", Kind.FLAG, "false", "whether messages of tabs count as use of the HTTP session of their user's login, so that it does not expire"),

    MESSAGE_CHARS("partyline.message.chars", Kind.COUNT, "65536", "maximum length of a WebSocket message from a client, in characters"),
    WINDOW_CHARS("partyline.window.chars", Kind.COUNT, "262144", "send window: maximum number of unacknowledged characters per connection"),
    SYNC_SEND_CHARS("partyline.sync.send.chars", Kind.COUNT, "16384",
        "on Tomcat, messages are written synchronously while the client may have at most this many bytes unread; must not exceed the socket send buffer"),
    BATCH_CHARS("partyline.batch.chars", Kind.COUNT, "65536",
        "maximum length of a WebSocket message that joins several frames to a client, in characters"),
    SEND_WITHIN("partyline.send.within", Kind.TIME, "PT5S", "maximum duration of a send, or of a full send window, before the connection is closed"),
    SILENCE("partyline.silence", Kind.TIME, "PT35S", "maximum time without a message from the client before the connection is closed"),
    KEEP_ALIVE("partyline.keep.alive", Kind.TIME, "PT20S",
        "maximum idle time before the server sends a heartbeat; keep it below the idle timeout of containers and proxies, often 30 s"),
    RATE("partyline.rate", Kind.count(1, 100_000_000), "50", "messages per second that a line may send on average"),
    RATE_BURST("partyline.rate.burst", Kind.count(1, 100_000_000), "100", "messages that a line may send at once"),
    RATE_CHARS("partyline.rate.chars", Kind.countOrAuto(Integer.MAX_VALUE), "auto",
        "characters per second that a line may send on average; auto: 5,120 for each message of partyline.rate"),
    RATE_CHARS_BURST("partyline.rate.chars.burst", Kind.countOrAuto(Integer.MAX_VALUE), "auto",
        "characters that a line may send at once, at least one message of the maximum length; auto: 10,240 for each message of partyline.rate.burst"),

    TABS("partyline.tabs", Kind.COUNT, "64", "maximum number of tabs per line"),
    TOPICS("partyline.topics", Kind.COUNT, "128", "maximum number of topics that a line may join"),
    LINES("partyline.lines", Kind.COUNT, "50000", "maximum number of lines of this server, open and held"),
    LINES_PER_USER("partyline.lines.per.user", Kind.COUNT, "20", "maximum number of lines per user"),
    LINES_PER_ADDRESS("partyline.lines.per.address", Kind.COUNT, "200", "maximum number of lines per IPv4 address, or per /64 network of IPv6"),
    LINES_PER_ADDRESS_RATE("partyline.lines.per.address.rate", Kind.count(1, 1_000_000), "50",
        "new lines per second from one address on average, after those of ten seconds, or as many as an address may have, at once"),
    SOCKETS_PER_ADDRESS("partyline.sockets.per.address", Kind.COUNT, "400", "maximum number of WebSockets from one address, with those that have no line yet"),

    LOG_MESSAGES("partyline.log.messages", Kind.COUNT, "256", "maximum number of messages in a topic's log"),
    LOG_CHARS("partyline.log.chars", Kind.COUNT, "1048576", "maximum number of characters in a topic's log"),
    LOG_AGE("partyline.log.age", Kind.TIME, "PT5M", "maximum age of a message in a topic's log"),
    LOGS("partyline.logs", Kind.COUNT, "100000", "maximum number of topics of this server that have messages or listeners, without those of users"),
    LOGS_PER_LINE("partyline.logs.per.line", Kind.COUNT, "1000", "maximum number of these topics that one line has created; at least as many as it may join"),
    LOGS_PER_USER("partyline.logs.per.user", Kind.COUNT, "5000", "maximum number of these topics that the lines of one user have created; at least as many as one line may create"),
    LOGS_PER_ADDRESS("partyline.logs.per.address", Kind.COUNT, "10000", "maximum number of these topics that the lines of one IP address have created; at least as many as one line may create"),
    KEY_MEMORY("partyline.key.memory", Kind.TIME, "PT5M", "how long the idempotency key of a publish is remembered, of 1,024 per topic"),
    INBOX_MESSAGES("partyline.inbox.messages", Kind.COUNT, "512", "maximum number of messages in a line's inbox"),
    INBOX_CHARS("partyline.inbox.chars", Kind.COUNT, "1048576", "maximum number of characters in a line's inbox, and maximum length of a reply"),
    HOLD("partyline.hold", Kind.TIME, "PT2M", "how long a held line, which has no connection, can be resumed"),
    HELD_LINES("partyline.held.lines", Kind.COUNT, "10000", "maximum number of held lines"),
    HELD_CHARS("partyline.held.chars", Kind.COUNT, "67108864",
        "maximum number of characters in the inboxes of all held lines; beyond it, the largest of the user or address with the most is removed first"),

    MEMORY_PERCENT("partyline.memory.percent", Kind.count(1, 90), "25",
        "maximum share of the heap that all logs, inboxes, idempotency keys and held lines take together, in percent;"
            + " beyond it, the user or address with the most loses its oldest messages first"),

    EVENT_LOOPS("partyline.event.loops", Kind.countOrAuto(1024), "auto",
        "number of event loops, the threads that send to the lines; auto: one per processor"),
    HANDLER_THREADS("partyline.handler.threads", Kind.countOrAuto(10_000), "auto",
        "maximum number of handlers that run at the same time; auto: 4 per processor, at least 16"),
    HANDLER_THREADS_PER_LINE("partyline.handler.threads.per.line", Kind.countOrAuto(10_000), "auto",
        "maximum number of handlers that run at the same time for one line; auto: a quarter of all, at least 2"),
    HANDLER_THREADS_PER_USER("partyline.handler.threads.per.user", Kind.countOrAuto(10_000), "auto",
        "maximum number of handlers that run at the same time for one user or, without a user, one IP address; auto: half of all; at least as many as for one line"),
    HANDLER_THREADS_REPLACED("partyline.handler.threads.replaced", Kind.countOrAuto(100_000), "auto",
        "maximum number of handler threads that are replaced because they ignore their interrupt; auto: 4 times the handler threads"),
    HANDLER_WAITING("partyline.handler.waiting", Kind.count(1, 1_000_000), "10000",
        "maximum number of tabs whose messages wait for a handler thread; one line may use up a quarter of it, and one user or address half of it"),
    HANDLER_WAITING_PER_TAB("partyline.handler.waiting.per.tab", Kind.COUNT, "256", "maximum number of waiting messages per tab"),
    HANDLER_WITHIN("partyline.handler.within", Kind.TIME, "PT10S", "timeout of a request in its handler, whose thread is then interrupted"),
    QUESTIONS("partyline.questions", Kind.count(1, 1_000_000), "10000", "maximum number of questions to tabs, by Partyline.ask, that are not answered yet"),

    API_KEY("partyline.api.key", Kind.SECRET, "", "bearer token of the HTTP API, which is closed without one"),
    API_KEY_GUESSES("partyline.api.key.guesses", Kind.COUNT, "10",
        "maximum number of wrong API keys a minute from an IPv4 address, or from a /64 network of IPv6, which is then refused for a minute"),
    METRICS_PUBLIC("partyline.metrics.public", Kind.FLAG, "false", "whether metrics and status.html are open to other machines without a key"),
    API_BATCH("partyline.api.batch", Kind.COUNT, "1000", "maximum number of messages in a request to the HTTP API, and of lines in a response"),
    API_BODY_CHARS("partyline.api.body.chars", Kind.COUNT, "1048576", "maximum length of a request body of the HTTP API, in characters"),
    API_BODY_WITHIN("partyline.api.body.within", Kind.TIME, "PT10S", "maximum time in which the body of a request to the HTTP API may arrive"),

    NAME_CHARS("partyline.name.chars", Kind.count(1, Names.NAME_CHARS), "128",
        "maximum length of a type or topic that a client names, in characters, at most 128"),
    JSON_DEPTH("partyline.json.depth", Kind.count(JsonLimits.SHALLOWEST, JsonLimits.DEEPEST), "32",
        "maximum nesting depth of a client's frame, at most 64"),
    JSON_NUMBER_CHARS("partyline.json.number.chars", Kind.COUNT, "40", "maximum length of a number in a client's frame, in characters"),
    JSON_MEMBERS("partyline.json.members", Kind.COUNT, "1000", "maximum number of members of all objects in a client's frame");

    /** What may be given for a setting, and what is made of it. */
    private record Kind(String allowed, boolean secret, Function<String, Object> parser) {

        private static final Duration SHORTEST = Duration.ofMillis(1);
        private static final Duration LONGEST = Duration.ofDays(365);
        private static final Pattern HOST = Pattern.compile("\\*|[a-z0-9_]([a-z0-9._-]{0,251}[a-z0-9_])?");
        private static final Pattern HEADER = Pattern.compile("[!#$%&'*+.^_`|~0-9a-z-]+");
        private static final Pattern NAME = Pattern.compile("\\P{Cntrl}+");
        private static final Pattern ORIGIN = Pattern.compile("\\*|null|[a-z][a-z0-9+.-]*://[^\\s/?#@]+");

        static final Kind FLAG = new Kind("true or false", false, Kind::flag);
        static final Kind COUNT = count(1, Integer.MAX_VALUE);
        static final Kind TIME = new Kind("a time from 1 ms to 365 days such as PT5S or PT2M (ISO 8601), or 5s, 2m, 500ms", false, Kind::time);
        static final Kind ORIGINS = new Kind("* or origins such as https://a.example:8443, separated by commas", false, text -> list(text, ORIGIN));
        static final Kind HOSTS = new Kind("* or host names such as a.example, without a port, separated by commas", false, text -> list(text, HOST));
        static final Kind NETWORKS = new Kind("IP addresses or networks such as 10.0.0.0/8 or 2001:db8::/32, separated by commas", false, Kind::networks);
        static final Kind HEADERS = new Kind("names of headers, separated by commas", false, text -> list(text, HEADER));
        static final Kind NAMES = new Kind("names, separated by commas", false, text -> entries(text, NAME));
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

        /** In small letters, as browsers write origins and hosts. */
        private static Set<String> list(String text, Pattern form) {
            return entries(text.toLowerCase(Locale.ROOT), form);
        }

        private static Set<String> entries(String text, Pattern form) {
            Set<String> entries = Arrays.stream(text.split(",")).map(String::strip).filter(entry -> !entry.isEmpty())
                .collect(Collectors.toUnmodifiableSet());
            entries.forEach(entry -> require(form.matcher(entry).matches()));
            return entries;
        }

        private static Set<String> networks(String text) {
            Set<String> networks = entries(text, NAME);
            networks.forEach(network -> require(TrustedProxies.isNetwork(network)));
            return networks;
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
        return variable(property);
    }

    static String variable(String property) {
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
