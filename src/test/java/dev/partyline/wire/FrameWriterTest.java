package dev.partyline.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.testing.Golden;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.FrameWriter.Welcome;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameWriterTest {

    private static final Optional<String> TAB = Optional.of("tab-1");
    private static final String LIMITS = "{\"message\":65536,\"window\":262144,\"ack\":32768,\"tabs\":64,\"topics\":128,\"depth\":32,\"number\":40,\"members\":1000,\"name\":128}";

    @Test
    void halfASurrogatePairIsEscapedAndAWholeOneIsNot() {
        assertThat(Json.wellFormed("\"\ud83d\ude00 \ud83d\ud83d\ude00\ude00 \ude00\ud83d\"")).isEqualTo("\"\ud83d\ude00 \\ud83d\ud83d\ude00\\ude00 \\ude00\\ud83d\"");
        assertThat(Json.quote("\u0001\ud83d\ude00\ud83d")).isEqualTo("\"\\u0001\ud83d\ude00\\ud83d\"");
        assertThat(Json.wellFormed("\"caf\u00e9\"")).isEqualTo("\"caf\u00e9\"");
    }

    @Test
    void whatTheServerSaysIsInTheGoldenFileWordForWord() {
        Map<String, String> said = new LinkedHashMap<>();
        Map<String, Joined> topics = new LinkedHashMap<>();
        topics.put("*", new Joined(new Position("k3wz", 5), false, 5));
        topics.put("demo.chat", new Joined(new Position("k3x9", 41), false, 41));
        said.put("a welcome to a new line", FrameWriter.welcome(
            new Welcome("Zm9vYmFy", "c2VjcmV0", false, 0, 0, Optional.empty(), 20_000, LIMITS, topics, Map.of())));
        topics.remove("demo.chat");
        said.put("a welcome that refuses a topic", FrameWriter.welcome(
            new Welcome("Zm9vYmFy", "c2VjcmV0", false, 0, 0, Optional.empty(), 20_000, LIMITS, topics, Map.of("secret", NotJoined.forbidden()))));
        topics.put("@user:ann", new Joined(new Position("m0aa", 2), true, 2));
        said.put("a welcome back", FrameWriter.welcome(
            new Welcome("Zm9vYmFy", "c2VjcmV0", true, 12, 17, Optional.of("ann"), 20_000, LIMITS, topics, Map.of())));
        said.put("a reply", FrameWriter.reply(TAB, 7, Optional.of("{\"fileName\":\"a.txt\"}")));
        said.put("an empty reply", FrameWriter.reply(TAB, 7, Optional.empty()));
        said.put("a failure", FrameWriter.error(TAB, OptionalLong.of(7), ErrorCode.TIMEOUT, "the handler took longer than 10 s"));
        said.put("a reply to the worker that is behind", FrameWriter.reply(Optional.empty(), 8, Optional.of(FrameWriter.joined(new Joined(new Position("k3x9", 41), false, 57)))));
        said.put("a reply to the worker", FrameWriter.reply(Optional.empty(), 8, Optional.of(FrameWriter.joined(new Joined(new Position("k3x9", 41), false, 41)))));
        said.put("a failure of a message that was no request", FrameWriter.error(TAB, OptionalLong.empty(), ErrorCode.RATE_LIMITED, "more than 50 messages a second"));
        said.put("a failure that concerns the line", FrameWriter.error(Optional.empty(), OptionalLong.empty(), ErrorCode.BAD_FRAME, Names.badTab("from").getMessage()));
        said.put("a message for one tab", FrameWriter.message(TAB, "moved", "{\"x\":1}"));
        said.put("a message for every tab of the line", FrameWriter.message(Optional.empty(), "notice", "\"for every tab of this line\""));
        said.put("an untyped message for every tab of the line", FrameWriter.untyped("{\"broadcast\":\"A broadcast for all clients!\"}"));
        said.put("an answer in the post's shape", FrameWriter.enveloped("{\"from\":\"tab-1\",\"data\":\"Initial message\"}",
            "{\"messageFromServer\":\"Hello tab id: tab-1\"}"));
        Optional<String> publisher = Optional.of(TabIds.publicName(TabIds.derive("w0n7x2k9q4m8b1v6")));
        said.put("a topic's message from a tab", published("demo.chat", "k3x9", 42, FrameWriter.members(Optional.empty(), publisher, "{\"text\":\"hi\"}")));
        said.put("a topic's typed message", published("files", "p7q1", 3, FrameWriter.members(Optional.of("deleted"), Optional.empty(), "{\"fileName\":\"a.txt\"}")));
        said.put("a message for everyone", published("*", "k3wz", 6, FrameWriter.members(Optional.of("notice"), Optional.empty(), "\"for every tab of every line\"")));
        said.put("a gap", FrameWriter.gap("demo.chat", new Position("k3x9", 90)));
        said.put("a ping", FrameWriter.PING);
        said.put("a pong", FrameWriter.PONG);
        said.put("a goodbye", FrameWriter.bye(CloseCode.SHUTTING_DOWN, OptionalLong.of(2500), "shutting down"));
        said.put("a question to a tab", FrameWriter.question("tab-1", 1_796_083_200_000L, "confirm", "{\"text\":\"sure?\"}"));
        said.put("a topic that the server has taken the line off", FrameWriter.left("demo.chat", NotJoined.removed("the meeting is over")));
        said.put("a goodbye of the application", FrameWriter.bye(CloseCode.ofApplication(4600), OptionalLong.empty(), "you are banned"));
        said.put("a goodbye without a time", FrameWriter.bye(CloseCode.TOO_SLOW, OptionalLong.empty(), "you did not read what was sent"));

        Map<String, String> golden = new LinkedHashMap<>();
        Golden.down().forEach(sample -> golden.put(sample.name(), sample.text()));
        assertThat(said).containsExactlyInAnyOrderEntriesOf(golden);
    }

    @Test
    void anAnswerComesAfterWhatWasAskedAndWinsWhereBothSpeak() {
        assertThat(FrameWriter.enveloped("{\"a\":1,\"x\":[ 1 ],\"b\":\"\\u0041\"}", "{\"x\":null,\"c\":2}")).isEqualTo("{\"a\":1,\"b\":\"\\u0041\",\"x\":null,\"c\":2}");
        assertThat(FrameWriter.enveloped("{\"x\":1}", "{\"x\":2}")).isEqualTo("{\"x\":2}");
        assertThat(FrameWriter.enveloped("{}", "{\"x\":2}")).isEqualTo("{\"x\":2}");
        assertThat(FrameWriter.enveloped("{\"x\":2}", "{}")).isEqualTo("{\"x\":2}");
    }

    @Test
    void anAnswerThatIsNoObjectIsAValue() {
        assertThat(FrameWriter.enveloped("{\"from\":\"a\",\"value\":1}", "[2]")).isEqualTo("{\"from\":\"a\",\"value\":[2]}");
        assertThat(FrameWriter.enveloped("{\"from\":\"a\"}", "\"{\"")).isEqualTo("{\"from\":\"a\",\"value\":\"{\"}");
    }

    @Test
    void namesAreQuotedAgainWhereTheyNeedIt() {
        String joined = FrameWriter.enveloped("{\"a\\\"b\\n\":1}", "{\"c\":2}");

        assertThat(Golden.parse(joined)).isEqualTo(Golden.parse("{\"a\\\"b\\n\":1,\"c\":2}"));
        assertThat(joined).doesNotContain("\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"type", "from", "re", "id", "topic", "at", "error"})
    void anUntypedMessageMayNotSpeakForTheLine(String member) {
        assertThatIllegalArgumentException().isThrownBy(() -> FrameWriter.untyped("{\"a\":1,\"" + member + "\":1}")).withMessageContaining(member);
        assertThat(FrameWriter.untyped("{\"a\":{\"" + member + "\":1}}")).contains(member);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "[]", "1", "\"a\"", "null"})
    void anUntypedMessageIsAnObjectWithMembers(String json) {
        assertThatIllegalArgumentException().isThrownBy(() -> FrameWriter.untyped(json));
    }

    @Test
    void textsOfApplicationsCannotBreakOutOfTheirFrame() {
        String text = "\",\"re\":1}\n{\"type\":\"$bye\"}\u0000\u001b\\";
        String frame = FrameWriter.error(TAB, OptionalLong.of(7), text, text, false);

        assertThat(frame).doesNotContain("\n");
        assertThat(Golden.parse(frame).getJsonObject("error").getString("message")).isEqualTo(text);
        assertThat(Golden.parse(FrameWriter.bye(CloseCode.INTERNAL, OptionalLong.empty(), text)).getString("reason")).isEqualTo(text);
        assertThat(Golden.parse(FrameWriter.gap(text, new Position("e", 1))).getString("topic")).isEqualTo(text);
    }

    @Test
    void aWelcomesKeyIsNotInItsText() {
        Welcome welcome = new Welcome("L", "secretkey", false, 0, 0, Optional.empty(), 1, "{}", Map.of(), Map.of());

        assertThat(welcome.toString()).doesNotContain("secretkey");
    }

    private static String published(String topic, String epoch, long offset, String members) {
        return FrameWriter.topicPrefix(topic, epoch) + offset + "]," + members + "}";
    }
}
