package dev.partyline.wire;

import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Golden;
import dev.partyline.testing.Golden.Sample;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenFramesTest {

    @ParameterizedTest
    @MethodSource("up")
    void whatAClientMaySayIsReadAsWhatItIs(Sample sample) {
        assertThat(Reader.frame(sample.text()).getClass().getSimpleName()).isEqualTo(sample.kind().orElseThrow());
        assertThat(Golden.parse(sample.text())).isEqualTo(sample.frame().orElseThrow());
    }

    @ParameterizedTest
    @MethodSource("bad")
    void whatNobodyMaySayIsAFault(Sample sample) {
        assertThat(Reader.fault(sample.text()).getMessage()).isNotBlank().doesNotContain("\n", "\u001b", "<");
    }

    @ParameterizedTest
    @MethodSource("down")
    void whatTheServerSaysIsOneObjectOnOneLine(Sample sample) {
        assertThat(sample.text()).doesNotContain("\n");
        assertThat(Golden.parse(sample.text())).isEqualTo(sample.frame().orElseThrow());
    }

    @Test
    void everyKindOfFrameIsInTheGoldenFile() {
        assertThat(Golden.up().stream().map(sample -> sample.kind().orElseThrow()).collect(toSet()))
            .isEqualTo(Arrays.stream(Frame.class.getPermittedSubclasses()).map(Class::getSimpleName).collect(toSet()));
    }

    @Test
    void everyFrameOfTheGoldenFileHasANameOfItsOwn() {
        for (List<Sample> samples : List.of(Golden.up(), Golden.down(), Golden.bad())) {
            assertThat(samples).extracting(Sample::name).doesNotHaveDuplicates();
        }
    }

    @Test
    void theGoldenFilesFramesOfOneMessageAreReadTogether() {
        String message = String.join("\n", Golden.up().stream().map(Sample::text).toList());

        assertThat(Reader.of(message).frames).hasSameSizeAs(Golden.up());
    }

    @ParameterizedTest
    @MethodSource("examplesUp")
    void theProtocolsExamplesUpAreFrames(String example) {
        assertThat(Reader.frame(example)).isNotNull();
    }

    @Test
    void theProtocolShowsEveryKindOfFrame() {
        assertThat(examplesUp().map(example -> Reader.frame(example).getClass().getSimpleName()).collect(toSet()))
            .isEqualTo(Arrays.stream(Frame.class.getPermittedSubclasses()).map(Class::getSimpleName).collect(toSet()));
    }

    @ParameterizedTest
    @MethodSource("examplesDown")
    void theProtocolsExamplesDownAreOneObjectOnOneLine(String example) {
        assertThat(Golden.parse(example)).isNotEmpty();
    }

    @Test
    void theProtocolHasARowForEveryErrorCodeAndEveryCloseCode() {
        List<String> page = Golden.tables();

        for (ErrorCode code : ErrorCode.values()) {
            assertThat(page).as(code.code()).anyMatch(row -> row.startsWith("| `" + code.code() + "` |") && row.contains("(retryable)") == code.retryable());
        }
        for (CloseCode code : CloseCode.ofProtocol()) {
            assertThat(page).as(code.toString()).anyMatch(row -> row.startsWith("| " + code.number() + " |")
                && (row.contains("stay away") || code.comesBack()));
        }
    }

    static Stream<Sample> up() {
        return Golden.up().stream();
    }

    static Stream<Sample> down() {
        return Golden.down().stream();
    }

    static Stream<Sample> bad() {
        return Golden.bad().stream();
    }

    static Stream<String> examplesUp() {
        return Stream.concat(Golden.examples("Up").stream(), Golden.examples("Plain clients").stream().limit(2));
    }

    static Stream<String> examplesDown() {
        return Stream.concat(Golden.examples("Down").stream(), Golden.examples("Plain clients").stream().skip(2));
    }
}
