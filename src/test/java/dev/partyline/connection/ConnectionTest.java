package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.wire.CloseCode;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is said on one socket, from its first frame to its last. */
@Timeout(30)
class ConnectionTest {

    private static final String PLAIN = "{\"data\":{\"from\":\"t\",\"data\":\"first\"}}";
    private static final Duration A_MOMENT = Duration.ofMillis(1);

    private Switch board = new Switch();

    @AfterEach
    void stop() {
        board.close();
    }

    private void rules(boolean plainClients, boolean userRequired) {
        board.close();
        board = new Switch(plainClients, userRequired);
    }

    private static String hi(int id) {
        return "{\"type\":\"hi\",\"from\":\"t\",\"id\":" + id + ",\"value\":" + id + "}";
    }

    private static boolean isError(JsonObject frame) {
        return frame.containsKey("error");
    }

    @Test
    void partsAreOneMessageAndCountAsOne() {
        Guest guest = board.guest();
        guest.connection.onText("{\"data\":{\"from\":\"t\",", false);
        guest.connection.onText("", false);
        guest.connection.onText("\"data\":\"first\"}}", true);

        assertThat(guest.next(frame -> frame.containsKey("hi")).getString("data")).isEqualTo("first");
        assertThat(board.context.intake().snapshot().messages()).isEqualTo(1);
        assertThat(board.context.intake().snapshot().chars()).isEqualTo(PLAIN.length());
    }

    @Test
    void partsThatAreTooLongTogetherAreTheEndBeforeTheLastHasCome() {
        Guest guest = board.guest();
        guest.connection.onText("x".repeat(Switch.MESSAGE_CHARS), false);
        assertThat(guest.isOpen()).isTrue();

        guest.connection.onText("x", false);

        assertThat(guest.end()).isEqualTo(CloseCode.TOO_BIG);
        guest.connection.onText(PLAIN, true);
        assertThat(board.handled).isEmpty();
        assertThat(board.lines()).isZero();
    }

    @Test
    void binaryMessageIsOneFaultInHoweverManyParts() {
        Guest guest = board.guest();
        guest.connection.onBinary(Switch.MESSAGE_CHARS - 1, false);
        guest.connection.onBinary(0, false);
        guest.connection.onBinary(1, true);
        guest.connection.onBinary(1, true);
        guest.connection.onText(PLAIN, true);

        assertThat(guest.next(frame -> frame.containsKey("hi")).getString("data")).isEqualTo("first");
        assertThat(guest.heard().stream().filter(ConnectionTest::isError)).hasSize(2)
            .allSatisfy(fault -> assertThat(fault.getJsonObject("error").getString("message")).isEqualTo("a frame is text, and this message is binary"));
        assertThat(board.context.intake().snapshot().messages()).isEqualTo(3);
    }

    @Test
    void binaryMessageThatIsTooLongIsTheEndBeforeItsLastPartHasCome() {
        Guest guest = board.guest();
        for (int i = 0; i < Switch.MESSAGE_CHARS; i++) {
            guest.connection.onBinary(1, false);
        }
        assertThat(guest.isOpen()).isTrue();

        guest.connection.onBinary(1, false);

        assertThat(guest.end()).isEqualTo(CloseCode.TOO_BIG);
    }

    @Test
    void longestMessageIsTakenInPartsAndTheNextOneStartsAnew() {
        Guest guest = board.guest();
        String longest = "{\"data\":{\"from\":\"t\",\"data\":\"" + "x".repeat(Switch.MESSAGE_CHARS - 31) + "\"}}";
        assertThat(longest).hasSize(Switch.MESSAGE_CHARS);

        for (int i = 0; i < 2; i++) {
            guest.connection.onText(longest.substring(0, 500), false);
            guest.connection.onText(longest.substring(500), true);
        }

        await().until(() -> board.handled.size() == 2);
        assertThat(guest.isOpen()).isTrue();
    }

    @Test
    void silenceMakesAPlainClientInItsTimeAndNotBefore() {
        board.guest();

        board.forward(Switch.PLAIN_AFTER);
        assertThat(board.lines()).isZero();
        board.forward(A_MOMENT);
        assertThat(board.context.lines.all()).hasSize(1).allSatisfy(line -> assertThat(line.isPlain()).isTrue());
        board.forward(Switch.HELLO_WITHIN);
        assertThat(board.lines()).isEqualTo(1);
    }

    @Test
    void helloThatComesAfterSilenceTakesTheSocketFromThePlainLine() {
        Guest guest = board.guest();
        board.forward(Switch.PLAIN_AFTER.plus(A_MOMENT));

        guest.hello("\"tabs\":[\"t\"]");

        await().until(() -> board.lines() == 1);
        assertThat(board.context.lines.all()).allSatisfy(line -> assertThat(line.isPlain()).isFalse());
        assertThat(guest.say(hi(1)).next(frame -> frame.getInt("re", 0) == 1)).containsKey("value");
    }

    @Test
    void whereOnlyHelloIsServedSilenceIsTheEndInItsTime() {
        rules(false, false);
        Guest guest = board.guest();

        board.forward(Switch.HELLO_WITHIN);
        assertThat(guest.isOpen()).isTrue();
        board.forward(A_MOMENT);

        assertThat(guest.end()).isEqualTo(CloseCode.NO_HELLO);
        assertThat(board.context.intake().snapshot().refusals()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"false, false, NO_HELLO", "true, true, NOT_AUTHENTICATED"})
    void firstFrameOfAPlainClientIsNotRunWhereThereAreNone(boolean plainClients, boolean userRequired, CloseCode code) {
        rules(plainClients, userRequired);
        Guest guest = board.guest().say(PLAIN);

        assertThat(guest.end()).isEqualTo(code);
        assertThat(board.handled).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'\"v\":2', VERSION", "'\"v\":1', NOT_AUTHENTICATED", "'\"v\":1,\"token\":\"bad\"', NOT_AUTHENTICATED"})
    void helloThatIsNotGoodEnoughIsRefused(String members, CloseCode code) {
        rules(true, true);
        Guest guest = board.guest().say("{\"type\":\"$hello\"," + members + "}");

        assertThat(guest.end()).isEqualTo(code);
        assertThat(board.lines()).isZero();
        rules(true, true);
        board.guest().hello("\"token\":\"good:ann\"");
    }

    @Test
    void visitorWhoMustNotComeInIsToldAndNeverServed() {
        Guest guest = board.guest(Optional.of(CloseCode.FORBIDDEN));
        guest.say(PLAIN).say("{\"type\":\"$hello\",\"v\":1}");
        board.forward(Switch.HELLO_WITHIN.plus(A_MOMENT));

        assertThat(guest.end()).isEqualTo(CloseCode.FORBIDDEN);
        assertThat(board.lines()).isZero();
        assertThat(guest.heard()).isEmpty();
    }

    @Test
    void helloIsSaidOnceAndBeforeAllElse() {
        Guest twice = board.guest().hello("\"tabs\":[\"a\"]").say("{\"type\":\"$hello\",\"v\":1}");
        assertThat(twice.next(ConnectionTest::isError).getJsonObject("error").getString("message")).isEqualTo("$hello comes first and once");

        Guest late = board.guest().say(PLAIN).say("{\"type\":\"$hello\",\"v\":1}");
        assertThat(late.next(ConnectionTest::isError).getJsonObject("error").getString("message")).isEqualTo("$hello comes first and once");
        assertThat(board.lines()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"type\":\"$join\",\"topic\":\"a\",\"id\":1}", "{\"type\":\"$publish\",\"topic\":\"a\",\"from\":\"t\",\"value\":1}", "{\"type\":\"$ping\"}", "{\"type\":\"$bye\"}"})
    void plainClientHasNoFramesOfTheLine(String frame) {
        Guest guest = board.guest().say(PLAIN).say(frame);

        assertThat(guest.next(ConnectionTest::isError).getJsonObject("error").getString("code")).isEqualTo("bad_frame");
        assertThat(guest.isOpen()).isTrue();
    }

    @Test
    void thirdBadFrameIsTheEnd() {
        Guest guest = board.guest().hello("\"tabs\":[\"t\"]").say("no frame").say("[]");
        guest.say(hi(1)).next(frame -> frame.getInt("re", 0) == 1);
        assertThat(guest.isOpen()).isTrue();

        guest.say("{");

        assertThat(guest.end()).isEqualTo(CloseCode.BAD_FRAME);
        assertThat(board.context.intake().snapshot().faults()).isEqualTo(3);
        guest.say(hi(2));
        assertThat(board.handled).containsExactly("1");
    }

    @Test
    void whatIsOverTheRateIsAnsweredAndNotRunAndAFloodIsTheEnd() {
        Guest guest = board.guest().hello("\"tabs\":[\"t\"]");
        for (int id = 1; id <= Switch.BURST + 1; id++) {
            guest.say(hi(id));
        }
        assertThat(guest.errorOf(Switch.BURST + 1)).isEqualTo("rate_limited");
        await().until(() -> board.handled.size() == Switch.BURST);
        assertThat(board.context.intake().snapshot().overRate()).isEqualTo(1);

        for (int id = Switch.BURST + 2; id <= 2 * Switch.BURST; id++) {
            guest.say(hi(id));
        }
        assertThat(guest.end()).isEqualTo(CloseCode.RATE);
        assertThat(board.handled).hasSize(Switch.BURST);
    }

    @Test
    void framesOfTheLineHaveARateOfTheirOwnAndSignsOfLifeNone() {
        Guest guest = board.guest().hello("\"tabs\":[\"t\"]");
        for (int id = 1; id <= 3 * Switch.BURST; id++) {
            guest.say("{\"type\":\"$leave\",\"topic\":\"a\",\"id\":" + id + "}");
        }
        for (int i = 0; i < 10 * Switch.BURST; i++) {
            guest.say("{\"type\":\"$pong\"}").say("{\"type\":\"$ack\",\"bytes\":" + i + ",\"inbox\":0}");
        }

        guest.say(hi(100));

        assertThat(guest.next(frame -> frame.getInt("re", 0) == 100)).containsKey("value");
        assertThat(board.context.intake().snapshot().overRate()).isZero();
    }

    @Test
    void framesAfterGoodbyeAreNotRun() {
        Guest guest = board.guest().hello("\"tabs\":[\"t\"]").say("{\"type\":\"$bye\"}\n" + hi(1));

        assertThat(guest.end()).isEqualTo(CloseCode.NORMAL);
        await().until(() -> board.lines() == 0);
        assertThat(board.handled).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1000, true", "4500, true", "1001, false", "1006, false", "4001, false"})
    void lineIsHeldUnlessItsSocketEndedForGood(int code, boolean forGood) {
        Guest guest = board.guest().hello("\"tabs\":[\"t\"]");

        guest.connection.onClose(code);

        await().until(() -> board.context.lines.heldCount() == (forGood ? 0 : 1) && board.lines() == (forGood ? 0 : 1));
        guest.say(hi(1));
        assertThat(board.handled).isEmpty();
    }

    @Test
    void socketThatEndsBeforeItsFirstFrameLeavesNothing() {
        Guest guest = board.guest();

        guest.connection.onClose(1006);
        board.forward(Switch.HELLO_WITHIN.plus(A_MOMENT));

        assertThat(board.lines()).isZero();
        assertThat(guest.isOpen()).as("it is the container's to close").isTrue();
    }

    @Test
    void faultOfOursIsToldAsOursAndTheLineWaits() {
        Guest guest = board.guest().hello("\"tabs\":[\"t\"]");

        guest.connection.fail();

        assertThat(guest.next(frame -> frame.getString("type", "").equals("$bye")).getInt("code")).isEqualTo(CloseCode.INTERNAL.number());
        await().until(() -> board.context.lines.heldCount() == 1);
    }

    @Test
    void clientThatHasSaidNothingHearsOfTheEndToo() {
        Guest guest = board.guest();

        board.context.close();

        assertThat(guest.end()).isEqualTo(CloseCode.SHUTTING_DOWN);
    }
}
