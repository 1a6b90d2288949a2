package dev.partyline.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Growth;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** No step of reading or writing JSON is quadratic in what a client or an API caller sends. */
class GrowthTest {

    private static final JsonLimits MANY = new JsonLimits(32, 40, 1_000_000);

    @Test
    void membersOfAFrame() {
        Growth.assertProportional(4000, n -> {
            String text = "{\"type\":\"x\",\"from\":\"a\"," + members(n, i -> "\"" + name(i) + "\":0") + "}";
            return () -> assertThat(JsonObjectScanner.object(text, 0, MANY).memberCount()).isEqualTo(n + 2);
        });
    }

    /** They hash to the same value, and a map of them must not become a list. */
    @Test
    void membersWhoseNamesHaveTheSameHashCode() {
        Growth.assertProportional(1 << 11, n -> {
            String text = "{" + members(n, i -> "\"" + colliding(i) + "\":0") + "}";
            return () -> assertThat(JsonObjectScanner.object(text, 0, MANY).memberCount()).isEqualTo(n);
        });
    }

    @Test
    void namesWithEscapes() {
        Growth.assertProportional(4000, n -> {
            String text = "{" + members(n, i -> "\"\\u0061" + name(i) + "\":0") + "}";
            return () -> assertThat(JsonObjectScanner.object(text, 0, MANY).name(1)).startsWith("a");
        });
    }

    @Test
    void topicsOfAHello() {
        FrameReader reader = new FrameReader(MANY);
        Growth.assertProportional(2000, n -> {
            String text = "{\"type\":\"$hello\",\"v\":1,\"topics\":{" + members(n, i -> "\"t." + i + "\":[\"e\",1]") + "}}";
            return () -> reader.read(text, new Reader());
        });
    }

    @Test
    void framesOfAMessage() {
        FrameReader reader = new FrameReader(MANY);
        Growth.assertProportional(4000, n -> {
            String text = "{\"type\":\"$pong\"}\n".repeat(n);
            return () -> reader.read(text, new Reader());
        });
    }

    @Test
    void emptyLinesOfAMessage() {
        FrameReader reader = new FrameReader(MANY);
        Growth.assertProportional(20_000, n -> {
            String text = "{\"type\":\"$pong\"}" + "\n".repeat(n) + " \n".repeat(n);
            return () -> reader.read(text, new Reader());
        });
    }

    @Test
    void messagesOfABatch() {
        Growth.assertProportional(4000, n -> {
            String text = "[" + members(n, i -> "{\"type\":\"t\",\"value\":[" + i + "],\"key\":\"" + name(i) + "\"}") + "]";
            return () -> assertThat(ApiMessage.read(text, MANY)).hasSize(n);
        });
    }

    @Test
    void nestingAndNumbers() {
        Growth.assertProportional(8000, n -> {
            String text = "{\"v\":[" + members(n, i -> "[[{\"a\":-1.5e3}],\"\\ud83d\\ude00\"]") + "]}";
            return () -> assertThat(JsonObjectScanner.object(text, 0, MANY).memberCount()).isEqualTo(1);
        });
    }

    @Test
    void anEnvelopeThatIsAnsweredWithItself() {
        Growth.assertProportional(2000, n -> {
            String text = "{" + members(n, i -> "\"" + name(i) + "\":0") + "}";
            return () -> assertThat(FrameWriter.enveloped(text, text)).hasSize(text.length());
        });
    }

    @Test
    void quotedText() {
        Growth.assertProportional(20_000, n -> {
            String text = "\"\ud800\n".repeat(n);
            return () -> assertThat(Json.wellFormed(Json.quote(text))).hasSizeGreaterThan(n);
        });
    }

    private interface Member {
        String of(int number);
    }

    private static String members(int count, Member member) {
        return IntStream.range(0, count).mapToObj(member::of).collect(Collectors.joining(","));
    }

    private static String name(int number) {
        return Integer.toString(number + 46_656, 36);
    }

    /** Aa and BB have the same hash code, and so has every sequence of as many of them. */
    private static String colliding(int number) {
        return IntStream.range(0, 14).mapToObj(bit -> (number >> bit & 1) == 0 ? "Aa" : "BB").collect(Collectors.joining());
    }
}
