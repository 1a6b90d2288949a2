package dev.partyline.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameReaderTest {

    private static final Optional<String> TAB = Optional.of("tab-1");

    @Test
    void helloTellsEverythingThatResumesALine() {
        Frame frame = Reader.frame("{\"type\":\"$hello\",\"v\":1,\"line\":\"L\",\"key\":\"K\",\"inbox\":17,\"tabs\":[\"a\", \"b\"],"
            + "\"topics\":{\"t\":[\"e\",41],\"u\":null},\"token\":\"X\",\"binary\":true}");

        assertThat(frame).isEqualTo(new Frame.Hello(1, Optional.of(new Frame.Resume("L", "K", 17)), List.of("a", "b"), Set.of(),
            Map.of("t", Optional.of(new Position("e", 41)), "u", Optional.empty()), Optional.of("X"), true));
    }

    @Test
    void secretsOfTabsAreReadAsTheIdsThatBelongToThem() {
        Frame.Hello hello = (Frame.Hello) Reader.frame("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"a\"],\"secrets\":[\"w0n7x2k9q4m8b1v6\",\"x\"]}");
        String open = "{\"type\":\"$tab\",\"from\":\"t_LRYKQZfFpX5sscrr\",\"state\":\"open\",\"secret\":";

        assertThat(hello.proven()).containsExactlyInAnyOrder("t_LRYKQZfFpX5sscrr", TabIds.derive("x"));
        assertThat(((Frame.Tab) Reader.frame(open + "\"w0n7x2k9q4m8b1v6\"}")).proven()).isTrue();
        assertThat(((Frame.Tab) Reader.frame(open + "\"x\"}")).proven()).isFalse();
        assertThat(Reader.fault(open + "7}").getMessage()).isEqualTo("secret must be a string");
        assertThat(Reader.fault(open + "\"" + "x".repeat(65) + "\"}").getMessage()).isEqualTo("a secret must have 1 to 64 characters");
        assertThat(Reader.fault("{\"type\":\"$hello\",\"v\":1,\"secrets\":[7]}").getMessage()).isEqualTo("a secret must be a string");
    }

    @Test
    void idAndPublicNameOfATabAreThoseThatTheBrowserDerives() {
        String id = TabIds.derive("w0n7x2k9q4m8b1v6");

        assertThat(id).isEqualTo("t_LRYKQZfFpX5sscrr");
        assertThat(Names.isTab(id)).isTrue();
        assertThat(TabIds.isDerived(id)).isTrue();
        assertThat(TabIds.isDerived("t_1")).isFalse();
        assertThat(TabIds.publicName(id)).isEqualTo("~uG7roE8F-HsshadN");
        assertThat(Names.isTab(TabIds.publicName(id))).isFalse();
    }

    @Test
    void helloWithALineAndNoKeyIsOneOfANewLine() {
        assertThat(((Frame.Hello) Reader.frame("{\"type\":\"$hello\",\"v\":1,\"line\":\"L\"}")).resume()).isEmpty();
    }

    @Test
    void secretsAreNotInARecordsText() {
        Frame hello = Reader.frame("{\"type\":\"$hello\",\"v\":1,\"line\":\"L\",\"key\":\"secretkey\",\"token\":\"T\"}");
        Frame token = Reader.frame("{\"type\":\"$token\",\"token\":\"secrettoken\"}");

        assertThat(hello.toString()).doesNotContain("secretkey");
        assertThat(token.toString()).doesNotContain("secrettoken");
    }

    @Test
    void aTokenInAHelloIsNotInItsText() {
        assertThat(Reader.frame("{\"type\":\"$hello\",\"v\":1,\"token\":\"secrettoken\"}").toString()).doesNotContain("secrettoken");
    }

    @Test
    void aValueIsHandedOnAsItCame() {
        String value = "{ \"b\" : 1.50e+2,\"a\":[ ],\"__proto__\":{\"x\":\"\\u0041\\/\"} }";

        assertThat(message("{\"type\":\"t\",\"from\":\"tab-1\",\"value\":" + value + "}").value()).contains(value);
    }

    @Test
    void anEnvelopesMembersAreKeptAsTheyCame() {
        String inner = "{\"z\":[1,{\"y\":null}],\"from\":\"tab-1\",\"data\":\"Initial message\",\"a\":true}";
        Frame.Message message = message("{\"data\":" + inner + "}");

        assertThat(message.envelope()).contains(inner);
        assertThat(message.from()).isEqualTo("tab-1");
        assertThat(message.type()).isEmpty();
        assertThat(message.value()).contains("\"Initial message\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "\"7\"", "null", "-1", "{\"a\":1}", "[]", "1e9", "true"})
    void anIdInAnEnvelopeIsAMemberLikeAnyOther(String id) {
        assertThat(message("{\"data\":{\"from\":\"tab-1\",\"id\":" + id + "}}").id()).isEmpty();
    }

    @Test
    void anObjectCalledDataIsNoEnvelopeWhereTheFrameHasATabItself() {
        Frame.Message message = message("{\"from\":\"tab-1\",\"data\":{\"x\":1}}");

        assertThat(message.envelope()).isEmpty();
        assertThat(message.value()).contains("{\"x\":1}");
    }

    @Test
    void anEnvelopeOverSeveralLinesBecomesOneLine() {
        Reader heard = new Reader();
        new FrameReader(Reader.LIMITS).readOne("{\n \"data\": {\r\n  \"from\": \"tab-1\",\n  \"data\": \"a\\nb\"\n }\n}", heard);

        assertThat(((Frame.Message) heard.frames.get(0)).envelope().orElseThrow()).doesNotContain("\n", "\r").contains("\"a\\nb\"");
    }

    @Test
    void aFaultCostsItsFrameAndNoOther() {
        Reader heard = Reader.of("{\"type\":\"$ping\"}\n{\"type\":\n\n{\"type\":\"$pong\"}\n[]\n{\"type\":\"$bye\"}\n");

        assertThat(heard.frames).containsExactly(new Frame.Ping(), new Frame.Pong(), new Frame.Bye());
        assertThat(heard.faults).hasSize(2);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "{\"from\":\"tab-1\",\"id\":7,\"type\":\"$nope\"}",
        "{\"from\":\"tab-1\",\"id\":7,\"type\":\"\"}",
        "{\"from\":\"tab-1\",\"id\":7,\"type\":\"t\",\"value\":tru}",
        "{\"from\":\"tab-1\",\"id\":7,\"type\":\"t\",\"type\":\"t\"}",
        "{\"from\":\"tab-1\",\"id\":7} {}",
        "{\"from\":\"tab-1\",\"id\":7,\"type\":\"t\",\"value\":\"\\ud800\"}",
    })
    void aFaultNamesTheTabAndTheRequestThatItConcerns(String frame) {
        BadFrameException fault = Reader.fault(frame);

        assertThat(fault.from()).isEqualTo(TAB);
        assertThat(fault.id()).isEqualTo(OptionalLong.of(7));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{\"data\":{\"from\":\"tab-1\",\"type\":\"$publish\"}}",
        "{\"data\":{\"from\":\"tab-1\",\"type\":5}}",
        "{\"data\":{\"from\":\"tab-1\",\"from\":\"tab-1\"}}",
    })
    void aFaultInAnEnvelopeNamesTheTabThatItConcerns(String frame) {
        assertThat(Reader.fault(frame).from()).isEqualTo(TAB);
    }

    @Test
    void aFaultNamesNoTabThatCannotBeOne() {
        assertThat(Reader.fault("{\"from\":\"<script>\",\"type\":\"t\"}").from()).isEmpty();
        assertThat(Reader.fault("{\"from\":\"tab-1\",\"id\":-7,\"type\":\"t\"}").id()).isEmpty();
    }

    @Test
    void aFaultQuotesNothingOfTheFrame() {
        assertThat(Reader.fault("{\"from\":\"EVIL\\r\\n\",\"type\":\"EVIL\"}").getMessage()).doesNotContain("EVIL");
        assertThat(Reader.fault("{\"from\":\"a\",\"type\":\"$EVIL\"}").getMessage()).doesNotContain("EVIL");
        assertThat(Reader.fault("EVIL").getMessage()).doesNotContain("EVIL");
    }

    @Test
    void aFaultTellsWhatMustBe() {
        String integer = " must be an integer from ";
        Map.of("{\"type\":\"x\",\"from\":\"b\",\"id\":1.5}", "id" + integer + 1, "{\"type\":\"x\",\"from\":\"b\",\"id\":0}", "id" + integer + 1,
            "{\"type\":\"$ack\",\"bytes\":-5}", "bytes" + integer + 0, "{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"x y\"]}", "a tab id must be",
            "{\"type\":\"x\",\"from\":\"x y\"}", "from must be").forEach((frame, told) -> assertThat(Reader.fault(frame)).as(frame).hasMessageStartingWith(told));
    }

    @Test
    void aFaultCostsNoStackTrace() {
        assertThat(Reader.fault("x").getStackTrace()).isEmpty();
    }

    @Test
    void namesAreGoodUpToTheirLastCharacter() {
        assertThat(message("{\"type\":\"" + "t".repeat(128) + "\",\"from\":\"" + "f".repeat(64) + "\"}")).isNotNull();
        assertThat(Reader.fault("{\"type\":\"" + "t".repeat(129) + "\",\"from\":\"tab-1\"}").getMessage()).contains("type", "128");
        assertThat(Reader.fault("{\"type\":\"t\",\"from\":\"" + "f".repeat(65) + "\"}").getMessage()).contains("from", "64");
        assertThat(Reader.frame("{\"type\":\"$join\",\"topic\":\"" + "t".repeat(128) + "\"}")).isNotNull();
        assertThat(Reader.fault("{\"type\":\"$join\",\"topic\":\"" + "t".repeat(129) + "\"}").getMessage()).contains("topic", "128");
    }

    @Test
    void keysAndTokensAreGoodUpToTheirLastCharacter() {
        String publish = "{\"type\":\"$publish\",\"topic\":\"t\",\"from\":\"a\",\"value\":1,\"key\":\"%s\"}";
        assertThat(Reader.frame(publish.formatted("k".repeat(128)))).isNotNull();
        assertThat(Reader.fault(publish.formatted("k".repeat(129))).getMessage()).contains("key", "128");
        assertThat(Reader.fault(publish.formatted("")).getMessage()).contains("key");

        String token = "{\"type\":\"$token\",\"token\":\"%s\"}";
        assertThat(Reader.frame(token.formatted("x".repeat(16_384)))).isNotNull();
        assertThat(Reader.fault(token.formatted("x".repeat(16_385))).getMessage()).contains("token", "16384");
    }

    @Test
    void aPublishWithoutAValuePublishesNull() {
        assertThat(((Frame.Publish) Reader.frame("{\"type\":\"$publish\",\"topic\":\"t\",\"from\":\"a\"}")).value()).isEqualTo("null");
    }

    private static Frame.Message message(String text) {
        return (Frame.Message) Reader.frame(text);
    }
}
