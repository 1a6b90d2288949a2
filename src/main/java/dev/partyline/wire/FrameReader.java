package dev.partyline.wire;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Parses the frames of a WebSocket message. Thread-safe. */
public final class FrameReader {

    static final int KEY_CHARS = 128;
    private static final int TOKEN_CHARS = 16_384;

    private final JsonLimits limits;
    private final int nameChars;

    public FrameReader(JsonLimits limits) {
        this(limits, Names.NAME_CHARS);
    }

    /** @param nameChars maximum length of a type or topic, at most {@link Names#NAME_CHARS} */
    public FrameReader(JsonLimits limits, int nameChars) {
        if (nameChars < 1 || nameChars > Names.NAME_CHARS) {
            throw new IllegalArgumentException("nameChars is " + nameChars + ", must be 1 to " + Names.NAME_CHARS);
        }
        this.limits = limits;
        this.nameChars = nameChars;
    }

    /** Receives the frames of a message, one by one, and the errors of invalid ones. */
    public interface Listener {

        /** @param length the number of characters of the frame's text */
        void onFrame(Frame frame, int length);

        void onBadFrame(BadFrameException malformed);

        /** @param length the number of characters of all blank lines of a message */
        void onBlankLines(int length);
    }

    /**
     * Reads a message whose frames are separated by line feeds. An invalid frame does not affect the frames on the other lines of text.
     */
    public void read(String message, Listener listener) {
        int start = 0;
        int blank = 0;
        do {
            int end = message.indexOf('\n', start);
            String line = start == 0 && end < 0 ? message : message.substring(start, end < 0 ? message.length() : end);
            if (start == 0 || !line.isBlank()) {
                readOne(line, listener);
            } else {
                blank += line.length() + 1;
            }
            start = end + 1;
        } while (start > 0 && start < message.length());
        if (blank > 0) {
            listener.onBlankLines(blank);
        }
    }

    /** Reads a message that must be one frame, in which line feeds are white space. */
    public void readOne(String message, Listener listener) {
        JsonObjectScanner scan = null;
        Frame frame;
        try {
            scan = JsonObjectScanner.object(message, 0, limits);
            frame = frame(scan);
        } catch (BadFrameException e) {
            listener.onBadFrame(scan == null ? e : e.of(tabOf(scan), idOf(scan)));
            return;
        }
        listener.onFrame(frame, message.length());
    }

    private Frame frame(JsonObjectScanner scan) {
        if (!scan.isAll()) {
            throw new BadFrameException("something follows the frame's object");
        }
        if (scan.isObject("data") && !scan.has("type") && !scan.has("from")) {
            return enveloped(scan.raw("data").orElseThrow());
        }
        Optional<String> type = optionalString(scan, "type");
        if (type.isEmpty()) {
            return message(scan, Optional.empty(), id(scan), Optional.empty());
        }
        if (!type.get().startsWith("$")) {
            return message(scan, type, id(scan), Optional.empty());
        }
        return switch (type.get()) {
            case "$hello" -> hello(scan);
            case "$tab" -> tabState(scan);
            case "$join" -> new Frame.Join(topic(scan), position(scan, "at"), optionalTab(scan), id(scan));
            case "$leave" -> new Frame.Leave(topic(scan), optionalTab(scan), id(scan));
            case "$publish" -> publish(scan);
            case "$answer" -> answer(scan);
            case "$ack" -> new Frame.Ack(count(scan, "bytes"), scan.has("inbox") ? count(scan, "inbox") : 0);
            case "$ping" -> new Frame.Ping();
            case "$pong" -> new Frame.Pong();
            case "$token" -> new Frame.Token(token(scan).orElseThrow(() -> new BadFrameException("$token needs a token")));
            case "$bye" -> new Frame.Bye();
            default -> throw new BadFrameException("unknown type: types that begin with $ are reserved");
        };
    }

    /** The shape of the post: {@code {"data":{...}}}. It has no requests: an {@code id} in it is an ordinary member, which the answer repeats. */
    private Frame enveloped(String inner) {
        JsonObjectScanner scan = JsonObjectScanner.object(inner, 0, limits);
        try {
            Optional<String> type = optionalString(scan, "type");
            if (type.isPresent() && type.get().startsWith("$")) {
                throw new BadFrameException("types that begin with $ are reserved");
            }
            return message(scan, type, OptionalLong.empty(), Optional.of(onOneLine(inner)));
        } catch (BadFrameException e) {
            throw e.of(tabOf(scan), OptionalLong.empty());
        }
    }

    private Frame.Message message(JsonObjectScanner scan, Optional<String> type, OptionalLong id, Optional<String> envelope) {
        if (type.isPresent() && !isName(type.get())) {
            throw Names.badName("type", nameChars);
        }
        // Messages without a type, as in the post, have their value in `data`.
        Optional<String> value = scan.raw("value").or(() -> type.isEmpty() ? scan.raw("data") : Optional.empty());
        return new Frame.Message(type, tab(scan), id, value.map(FrameReader::onOneLine), envelope);
    }

    private Frame.Hello hello(JsonObjectScanner scan) {
        Optional<Frame.Resume> resume = Optional.empty();
        Optional<String> line = optionalString(scan, "line");
        Optional<String> key = optionalString(scan, "key");
        if (line.isPresent() && key.isPresent()) {
            requireChars("line", line.get(), KEY_CHARS);
            requireChars("key", key.get(), KEY_CHARS);
            resume = Optional.of(new Frame.Resume(line.get(), key.get(), scan.has("inbox") ? count(scan, "inbox") : 0));
        }
        return new Frame.Hello(count(scan, "v"), resume, tabs(scan), proven(scan), topics(scan), token(scan), flag(scan, "binary"));
    }

    private static boolean flag(JsonObjectScanner scan, String name) {
        String raw = scan.raw(name).orElse("false");
        if (!raw.equals("true") && !raw.equals("false")) {
            throw new BadFrameException(name + " must be true or false");
        }
        return raw.equals("true");
    }

    private List<String> tabs(JsonObjectScanner scan) {
        List<String> tabs = new ArrayList<>();
        if (scan.has("tabs")) {
            for (String tab : array(scan, "tabs")) {
                if (!tab.startsWith("\"") || !Names.isTab(tab.substring(1, tab.length() - 1))) {
                    throw Names.badTab("a tab id");
                }
                tabs.add(tab.substring(1, tab.length() - 1));
            }
        }
        return tabs;
    }

    /** The ids that belong to the secrets of a {@code $hello}. The secrets themselves are not needed any more. */
    private Set<String> proven(JsonObjectScanner scan) {
        Set<String> ids = new HashSet<>();
        if (scan.has("secrets")) {
            for (String secret : array(scan, "secrets")) {
                if (!secret.startsWith("\"")) {
                    throw new BadFrameException("a secret must be a string");
                }
                ids.add(TabIds.derive(checkedSecret(secret.substring(1, secret.length() - 1))));
            }
        }
        return ids;
    }

    private static String checkedSecret(String secret) {
        requireChars("a secret", secret, Names.TAB_CHARS);
        return secret;
    }

    private static Frame.Tab tabState(JsonObjectScanner scan) {
        String tab = tab(scan);
        boolean proven = optionalString(scan, "secret").map(FrameReader::checkedSecret).map(TabIds::derive).filter(tab::equals).isPresent();
        return new Frame.Tab(tab, state(scan), proven);
    }

    private Map<String, Optional<Position>> topics(JsonObjectScanner scan) {
        Map<String, Optional<Position>> topics = new LinkedHashMap<>();
        if (scan.has("topics")) {
            if (!scan.isObject("topics")) {
                throw new BadFrameException("topics must be an object");
            }
            JsonObjectScanner inner = JsonObjectScanner.object(scan.raw("topics").orElseThrow(), 0, limits);
            for (int i = 0; i < inner.memberCount(); i++) {
                // The positions of implicit topics are part of `$hello`, so their names are allowed here.
                topics.put(inner.name(i), position(inner, inner.name(i)));
            }
        }
        return topics;
    }

    private Frame.Publish publish(JsonObjectScanner scan) {
        Optional<String> key = optionalString(scan, "key");
        key.ifPresent(k -> requireChars("key", k, KEY_CHARS));
        String value = scan.raw("value").map(FrameReader::onOneLine).orElse("null");
        return new Frame.Publish(topic(scan), tab(scan), id(scan), value, key);
    }

    private Frame.Answer answer(JsonObjectScanner scan) {
        String tab = tab(scan);
        long re = integer("re", scan.raw("re").orElse(""), 1);
        if (!scan.has("error")) {
            return new Frame.Answer(tab, re, id(scan), scan.raw("value").map(FrameReader::onOneLine), Optional.empty());
        }
        if (!scan.isObject("error")) {
            throw new BadFrameException("error must be an object");
        }
        JsonObjectScanner error = JsonObjectScanner.object(scan.raw("error").orElseThrow(), 0, limits);
        String code = optionalString(error, "code").orElseThrow(() -> new BadFrameException("error needs a code"));
        requireChars("code", code, Names.NAME_CHARS);
        Frame.AnswerError read = new Frame.AnswerError(code, optionalString(error, "message").orElse(""), flag(error, "retryable"));
        return new Frame.Answer(tab, re, id(scan), Optional.empty(), Optional.of(read));
    }

    private static Frame.Tab.State state(JsonObjectScanner scan) {
        String state = scan.string("state").orElse("");
        for (Frame.Tab.State each : Frame.Tab.State.values()) {
            if (each.name().toLowerCase(Locale.ROOT).equals(state)) {
                return each;
            }
        }
        throw new BadFrameException("state must be open, hidden, visible or gone");
    }

    private boolean isName(String name) {
        return name.length() <= nameChars && Names.isOpen(name);
    }

    private String topic(JsonObjectScanner scan) {
        return scan.string("topic").filter(this::isName).orElseThrow(() -> Names.badName("topic", nameChars));
    }

    private static String tab(JsonObjectScanner scan) {
        return scan.string("from").filter(Names::isTab).orElseThrow(() -> Names.badTab("from"));
    }

    private static Optional<String> optionalTab(JsonObjectScanner scan) {
        return scan.has("from") ? Optional.of(tab(scan)) : Optional.empty();
    }

    private static Optional<String> token(JsonObjectScanner scan) {
        Optional<String> token = optionalString(scan, "token");
        token.ifPresent(t -> requireChars("token", t, TOKEN_CHARS));
        return token;
    }

    private Optional<Position> position(JsonObjectScanner scan, String name) {
        Optional<String> raw = scan.raw(name).filter(value -> !value.equals("null"));
        if (raw.isEmpty()) {
            return Optional.empty();
        }
        List<String> parts = scan.isArray(name) ? array(scan, name) : List.of();
        if (parts.size() != 2 || !parts.get(0).startsWith("\"") || parts.get(0).length() < 3 || parts.get(0).length() > Names.TAB_CHARS) {
            throw new BadFrameException("a position must be [epoch, offset]");
        }
        String epoch = parts.get(0).substring(1, parts.get(0).length() - 1);
        return Optional.of(new Position(epoch, integer("offset", parts.get(1), 0)));
    }

    /** The elements of an array of scalars. */
    private List<String> array(JsonObjectScanner scan, String name) {
        if (!scan.isArray(name)) {
            throw new BadFrameException(name + " must be an array");
        }
        return JsonObjectScanner.elements(scan.raw(name).orElseThrow(), limits);
    }

    private static OptionalLong id(JsonObjectScanner scan) {
        Optional<String> raw = scan.raw("id");
        return raw.isEmpty() ? OptionalLong.empty() : OptionalLong.of(integer("id", raw.get(), 1));
    }

    private static long count(JsonObjectScanner scan, String name) {
        return integer(name, scan.raw(name).orElse(""), 0);
    }

    private static long integer(String name, String raw, long min) {
        long value = raw.isEmpty() || raw.length() > 16 ? -1 : 0;
        for (int i = 0; i < raw.length() && value >= 0; i++) {
            char digit = raw.charAt(i);
            value = digit >= '0' && digit <= '9' ? value * 10 + digit - '0' : -1;
        }
        if (value < min || value > JavaScriptNumbers.MAX_SAFE_INTEGER) {
            throw new BadFrameException(name + " must be an integer from " + min + " to 2^53-1");
        }
        return value;
    }

    private static Optional<String> optionalString(JsonObjectScanner scan, String name) {
        Optional<String> value = scan.string(name);
        if (value.isEmpty() && scan.has(name)) {
            throw new BadFrameException(name + " must be a string");
        }
        return value;
    }

    static void requireChars(String name, String value, int max) {
        if (value.isEmpty() || value.length() > max) {
            throw new BadFrameException(name + " must have 1 to " + max + " characters");
        }
    }

    /** Frames are separated by line feeds, so a frame must not contain any. In JSON they occur as white space only. */
    static String onOneLine(String json) {
        return json.indexOf('\n') < 0 && json.indexOf('\r') < 0 ? json : json.replace('\n', ' ').replace('\r', ' ');
    }

    /** The tab of a frame that may be invalid otherwise. */
    static Optional<String> tabOf(JsonObjectScanner scan) {
        return scan.string("from").filter(Names::isTab);
    }

    /** The id of a frame that may be invalid otherwise. */
    static OptionalLong idOf(JsonObjectScanner scan) {
        try {
            return id(scan);
        } catch (BadFrameException e) {
            return OptionalLong.empty();
        }
    }
}
