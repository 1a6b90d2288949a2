package dev.partyline.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Random frames that a client may send, and some that it may not: most are valid, many name what other clients named before, a few are broken at a random place.
 *
 * <p>One client's, but for the lines that all of them know.
 */
final class FrameGrammar {

    static final List<String> TOPICS = List.of("demo.a", "demo.b", "demo.c", "demo.d", "demo.e/f:g-h", "demo." + "z".repeat(120));

    private static final int LINES_KNOWN = 30;
    private static final int EPOCHS_KNOWN = 60;
    private static final long LARGEST = (1L << 53) - 1;
    private static final List<String> TABS = List.of("t1", "t2", "t3", "t4", "t5", "T_6", "a-b", "x".repeat(64));
    private static final String[] BAD_TABS = {"\"\"", "\"a b\"", "\"ä\"", "\"../x\"", "\"" + "x".repeat(65) + "\"", "\"<script>\"", "\"a\\u0000b\"", "\"__proto__\"", "1", "null", "{}", "[]"};
    private static final String[] BAD_TOPICS = {"\"*\"", "\"@user:x\"", "\"@user:\"", "\"x\"", "\"\"", "\"demo.ä\"", "\"demo." + "z".repeat(200) + "\"", "\"demo.a\\n\"", "\"other\"",
        "\"$x\"", "null", "1", "[]", "{}"};
    private static final String[] BAD_POSITIONS = {"null", "[]", "[\"x\"]", "[1,2]", "[\"\",1]", "[\"e\",-1]", "[\"e\",1.5]", "\"x\"", "{\"a\":1}", "[\"" + "e".repeat(70) + "\",1]"};
    private static final String[] SCALARS = {"1", "\"x\"", "null", "true", "-0.5", "1e20", "\"ä💥\\u2028\"", "\"\\\"\\\\\\n\"", "\"</script>\"", "\"{\\\"a\\\":1}\"", "\"$hello\"", "{}", "[]"};
    private static final String[] MEMBERS = {"a", "b", "__proto__", "constructor", "type", "from", "data", "re", "topic", "at", "$x"};
    private static final String[] SPLINTERS = {"{", "}", "[", "]", "\"", "\\", ",", ":", "\n", "\u0000", "\\ud800", "\ufeff", "1e999", "-", "0x1", "NaN", "\\u0000", "/*"};

    private final Random random;
    private final Known known;
    private final List<String> tabs;
    private long id;

    /** Lines with their keys, and epochs, that the server has told to any of the clients. */
    static final class Known {

        private final List<String> lines = new ArrayList<>();
        private final List<String> epochs = new ArrayList<>(List.of("0", "zzzz"));

        synchronized void line(String line, String key) {
            lines.add("\"line\":\"" + line + "\",\"key\":\"" + key + "\"");
            if (lines.size() > LINES_KNOWN) {
                lines.remove(0);
            }
        }

        synchronized void epoch(String epoch) {
            if (epochs.size() < EPOCHS_KNOWN) {
                epochs.add(epoch);
            }
        }

        private synchronized String anyLine(Random random) {
            return lines.isEmpty() ? "\"line\":\"none\",\"key\":\"none\"" : lines.get(random.nextInt(lines.size()));
        }

        private synchronized String anyEpoch(Random random) {
            return epochs.get(random.nextInt(epochs.size()));
        }
    }

    /** @param victims ids of tabs of other clients, which this one names now and then */
    FrameGrammar(Random random, Known known, List<String> victims) {
        this.random = random;
        this.known = known;
        this.tabs = Stream.concat(IntStream.range(0, 4).boxed().flatMap(i -> TABS.stream()), victims.stream()).toList();
    }

    boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    @SafeVarargs
    final <T> T oneOf(T... things) {
        return things[random.nextInt(things.length)];
    }

    /** A first frame that the server accepts. */
    String properHello() {
        String resumes = chance(0.6) ? "," + known.anyLine(random) + ",\"inbox\":" + random.nextInt(40) : "";
        return "{\"type\":\"$hello\",\"v\":1" + resumes + ",\"tabs\":[\"" + TABS.get(random.nextInt(TABS.size())) + "\"],\"topics\":{\"demo.a\":null,\"demo.b\":[\""
            + known.anyEpoch(random) + "\"," + random.nextInt(30) + "]},\"binary\":" + chance(0.5) + "}";
    }

    /** A frame, which may be broken. */
    String frame(long chars, long inbox) {
        if (chance(0.02)) {
            return oneOf("{\"type\":\"$bye\"}", object("\"type\":\"$token\"", () -> "\"token\":\"" + oneOf("x", "", "y".repeat(20_000)) + "\""));
        }
        String frame = switch (random.nextInt(20)) {
            case 0, 1, 2 -> message();
            case 3 -> enveloped();
            case 4, 5 -> object("\"type\":\"$tab\"", this::from, () -> "\"state\":" + oneOf("\"open\"", "\"hidden\"", "\"visible\"", "\"gone\"", "\"GONE\"", "1"));
            case 6, 7, 8 -> object("\"type\":\"$join\"", this::topic, () -> "\"at\":" + position(), this::id, this::from);
            case 9, 10 -> object("\"type\":\"$leave\"", this::topic, this::id);
            case 11, 12, 13 -> publish();
            case 14, 15, 16 -> object("\"type\":\"$ack\"", () -> "\"bytes\":" + oneOf(chars, chars, 0L, (long) random.nextInt(1_000_000), LARGEST, -1L),
                () -> "\"inbox\":" + oneOf(inbox, inbox, 0L, 1_000_000L, LARGEST));
            case 17 -> oneOf("{\"type\":\"$ping\"}", "{\"type\":\"$pong\"}");
            case 18 -> hello();
            default -> oneOf("{}", "{\"type\":\"$welcome\"}", "{\"type\":\"$gap\",\"topic\":\"demo.a\"}", "{\"a\":1}", "{\"type\":1,\"from\":\"t1\"}", "{\"type\":null}");
        };
        return chance(0.04) ? broken(frame) : frame;
    }

    /** Members, of which each may be missing. */
    @SafeVarargs
    @SuppressWarnings("varargs")
    private String object(String type, Supplier<String>... members) {
        return Stream.of(members).filter(member -> chance(0.93)).map(Supplier::get).collect(Collectors.joining(",", "{" + type + (members.length == 0 ? "" : ","), "}")).replace(",}", "}");
    }

    private String message() {
        String type = oneOf("x", "y.z", "demo.storm", "partyline.status", "$x", "ä", "z".repeat(129));
        return object("\"type\":\"" + type + "\"", this::from, this::id, () -> "\"value\":" + value(0));
    }

    private String enveloped() {
        return "{\"data\":" + object("\"a\":1", this::from, this::id, () -> "\"type\":\"x\"", () -> "\"data\":" + value(0)) + "}";
    }

    private String publish() {
        String key = chance(0.4) ? ",\"key\":\"" + oneOf("k1", "k2", "k" + random.nextInt(2000), "", "k".repeat(129)) + "\"" : "";
        return object("\"type\":\"$publish\"" + key, this::topic, this::from, this::id, () -> "\"value\":" + value(0));
    }

    private String hello() {
        boolean many = chance(0.05);
        String names = IntStream.range(0, many ? 80 : random.nextInt(5)).mapToObj(i -> many ? "\"m" + i + "\"" : tab()).collect(Collectors.joining(",", "[", "]"));
        String topics = IntStream.range(0, many ? 150 : random.nextInt(5)).mapToObj(i -> (many ? "\"demo.n" + i + "\"" : anyTopic()) + ":" + position()).collect(Collectors.joining(",", "{", "}"));
        return object("\"type\":\"$hello\"", () -> "\"v\":" + oneOf("1", "1", "1", "2", "0", "\"1\""), () -> known.anyLine(random), () -> "\"inbox\":" + oneOf("0", "1", "" + LARGEST, "-1"),
            () -> "\"tabs\":" + names, () -> "\"topics\":" + topics, () -> "\"binary\":" + oneOf("true", "false", "\"x\""), () -> "\"token\":\"" + oneOf("tok", "", "x".repeat(17_000)) + "\"");
    }

    private String from() {
        return "\"from\":" + tab();
    }

    private String tab() {
        return chance(0.95) ? "\"" + tabs.get(random.nextInt(tabs.size())) + "\"" : oneOf(BAD_TABS);
    }

    private String topic() {
        return "\"topic\":" + anyTopic();
    }

    private String anyTopic() {
        return chance(0.88) ? "\"" + TOPICS.get(random.nextInt(TOPICS.size())) + "\"" : oneOf(BAD_TOPICS);
    }

    private String id() {
        return "\"id\":" + (chance(0.85) ? "" + ++id : oneOf("0", "1", "2", "-1", "" + LARGEST, "" + (LARGEST + 1), "1.5", "\"7\"", "null", "1e300", "" + id));
    }

    private String position() {
        return chance(0.8) ? "[\"" + known.anyEpoch(random) + "\"," + oneOf(0L, 1L, 5L, 1_000_000L, LARGEST, (long) random.nextInt(50)) + "]" : oneOf(BAD_POSITIONS);
    }

    private String value(int depth) {
        if (depth > 3 || chance(0.6)) {
            return chance(0.1) ? "\"" + "y".repeat(random.nextInt(2000)) + "\"" : oneOf(SCALARS);
        }
        return chance(0.5)
            ? IntStream.range(0, random.nextInt(6)).mapToObj(i -> value(depth + 1)).collect(Collectors.joining(",", "[", "]"))
            : IntStream.range(0, random.nextInt(6)).mapToObj(i -> "\"" + oneOf(MEMBERS) + "\":" + value(depth + 1)).collect(Collectors.joining(",", "{", "}"));
    }

    private String broken(String frame) {
        String text = frame;
        for (int times = 1 + random.nextInt(3); times > 0; times--) {
            int at = random.nextInt(text.length() + 1);
            String before = text.substring(0, at);
            String after = text.substring(at);
            text = switch (random.nextInt(8)) {
                case 0 -> before;
                case 1, 2 -> before + oneOf(SPLINTERS) + after;
                case 3 -> before + after.substring(Math.min(after.length(), 1 + random.nextInt(5)));
                case 4 -> text + text;
                case 5 -> after + before;
                case 6 -> "[".repeat(random.nextInt(200)) + text;
                default -> text.replaceFirst("\\d+", "9".repeat(1 + random.nextInt(60)));
            };
        }
        return text;
    }
}
