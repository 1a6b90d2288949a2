package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Position;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A line that the server takes off a topic. */
class TakenOffTest {

    private static final NotJoined WHY = NotJoined.removed("you were moved to another table");
    private static final String TOLD = "{\"left\":\"t\",\"error\":{\"code\":\"removed\",\"message\":\"you were moved to another table\",\"retryable\":false}}";

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket first = fixture.socket();
    private final FakeSocket second = fixture.socket();
    private final Line line = fixture.line();
    private final LineConnection connection = fixture.attach(line, first, "t", "u");
    private final Position start = fixture.topic("t").end();

    @AfterEach
    void nothingIsInFlight() {
        fixture.assertNothingInFlight();
    }

    private void takeOff(String topic) {
        line.takeOff(topic, WHY);
        fixture.runAll();
    }

    @Test
    void lineIsToldAndGetsNothingMoreOfTheTopicButAllOfTheOthers() {
        first.newFrames();
        takeOff("t");
        fixture.publish("t", 1);
        fixture.publish("u", 2);
        fixture.runAll();

        assertThat(first.newFrames()).first().isEqualTo(TOLD);
        assertThat(first.messages).noneMatch(message -> message.contains("\"topic\":\"t\""));
        assertThat(first.messages).anyMatch(message -> message.contains("\"topic\":\"u\""));
        assertThat(line.delivery().joinedTopics()).containsExactly("u");
    }

    @Test
    void lineThatIsNotInTheTopicIsToldNothing() {
        takeOff("other");
        takeOff("t");
        first.newFrames();
        takeOff("t");

        assertThat(first.newFrames()).isEmpty();
    }

    /** Its client names the topic in its $hello, since it does not know yet. */
    @Test
    void clientThatWasAwayIsNotSubscribedAgainByItsHelloAndIsTold() {
        drop();
        takeOff("t");

        fixture.resume(line, second, 0, Map.of("t", start));

        assertThat(second.welcome().getJsonObject("topics").getJsonObject("t").getJsonObject("error").getString("code")).isEqualTo("removed");
        assertThat(second.messages.get(0).lines()).contains(TOLD);
        assertThat(line.delivery().joinedTopics()).isEmpty();
    }

    @Test
    void clientWhoseConnectionWasLostWithTheNewsIsToldAgain() {
        takeOff("t");
        drop();

        fixture.resume(line, second, 0, Map.of("t", start));

        assertThat(second.welcome().getJsonObject("topics").getJsonObject("t")).containsKey("error");
        assertThat(second.messages.get(0).lines()).contains(TOLD);
    }

    @Test
    void clientThatKnowsMayNameTheTopicAgain() {
        takeOff("t");
        drop();

        fixture.resume(line, second, 1, Map.of("t", start));

        assertThat(second.welcome().getJsonObject("topics").getJsonObject("t")).containsKey("at");
        assertThat(line.delivery().joinedTopics()).containsExactly("t");
    }

    @Test
    void whatIsRememberedIsForgottenOnceItIsAcknowledged() {
        for (int i = 1; i <= 50; i++) {
            line.join(line.delivery().connection(), "x" + i, Optional.empty(), Optional.empty(), OptionalLong.empty());
            takeOff("x" + i);
            line.onInboxAcked(i);
        }
        assertThat(line.delivery().takenOffCount()).isEqualTo(1);
    }

    private void drop() {
        line.onSocketClosed(connection, false);
        fixture.runAll();
    }
}
