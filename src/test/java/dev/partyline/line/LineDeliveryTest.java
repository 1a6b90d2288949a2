package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.line.Line.Attachment;
import dev.partyline.testing.Golden;
import dev.partyline.topic.Publisher;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicOwner;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Position;
import jakarta.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A line with a connection: which frames it is sent, in which order, in how many messages. */
class LineDeliveryTest {

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket socket = fixture.socket();

    @AfterEach
    void nothingIsInFlight() {
        fixture.assertNothingInFlight();
    }

    @Test
    void welcomeComesFirstAndHasThePositionOfEachTopic() {
        Position before = fixture.publish("t", 1);
        Line line = fixture.line(false, Optional.of("ann"));
        line.send("{\"type\":\"early\"}");
        fixture.attach(line, socket, new Attachment(false, 0, Map.of("t", Optional.empty()), Map.of("no", NotJoined.tooMany(0)), "{\"x\":1}"));

        assertThat(socket.welcome().getString("line")).isEqualTo(line.id());
        assertThat(socket.welcome().getString("key")).isEqualTo("key");
        assertThat(socket.welcome().getString("user")).isEqualTo("ann");
        assertThat(socket.welcome().getInt("ping")).isEqualTo(20_000);
        assertThat(socket.welcome().getJsonObject("topics").keySet()).containsExactlyInAnyOrder("*", "@user:ann", "t", "no");
        assertThat(socket.welcome().getJsonObject("topics").getJsonObject("no").getJsonObject("error").getString("message")).isEqualTo("a line may join 0 topics");
        assertThat(socket.welcome().getJsonObject("topics").getJsonObject("t"))
            .isEqualTo(Golden.parse(FrameWriter.joined(new FrameWriter.Joined(before, false, before.offset()))));
        assertThat(socket.newFrames()).hasSize(2).last().isEqualTo("{\"type\":\"early\"}");
    }

    @Test
    void lineReceivesItsTopicsBroadcastsAndMessagesToItsUser() {
        fixture.attach(fixture.line(false, Optional.of("ann")), socket, "t");
        fixture.publish("t", 1);
        fixture.publish("*", 2);
        fixture.publish("@user:ann", 3);
        fixture.publish("@user:bob", 4);
        fixture.publish("u", 5);
        fixture.runAll();

        assertThat(socket.values()).containsExactlyInAnyOrder("1", "2", "3");
    }

    @Test
    void messagesThatComeDuringASendAreSentTogether() {
        fixture.open(socket, "t");
        socket.inline = false;
        fixture.publish("t", 1);
        fixture.runAll();
        fixture.publish("t", 2);
        fixture.publish("t", 3);
        fixture.runAll();
        assertThat(socket.messages).hasSize(2);

        socket.finish(true);
        fixture.runAll();
        assertThat(socket.messages).hasSize(3);
        socket.finish(true);
        fixture.runAll();
        assertThat(socket.values()).containsExactly("1", "2", "3");
        assertThat(socket.messages).hasSize(3);
    }

    @Test
    void batchEndsAtItsLimitAndHasAtLeastOneFrame() {
        fixture.limits.batch = 1000;
        fixture.open(socket, "t");
        fixture.publish("t", 10, 300);
        fixture.publish("t", 1, 5000);
        fixture.runAll();

        assertThat(socket.messages.subList(1, socket.messages.size())).allSatisfy(message ->
            assertThat(message.length() <= 1000 || message.lines().count() == 1).isTrue());
        assertThat(socket.messages).hasSizeLessThan(8);
        assertThat(socket.values()).hasSize(11);
    }

    @Test
    void linesThatKeepUpShareOneText() {
        FakeSocket other = fixture.socket();
        fixture.open(socket, "t");
        fixture.open(other, "t");
        fixture.publish("t", 1);
        fixture.publish("t", 2);
        fixture.runAll();

        assertThat(socket.messages.get(1)).isSameAs(other.messages.get(1));
    }

    @Test
    void lineThatIsBehindIsSentTheMessagesAfterItsOwnCursor() {
        FakeSocket slow = fixture.socket();
        fixture.open(socket, "t");
        fixture.open(slow, "t");
        slow.inline = false;
        fixture.publish("t", 1);
        fixture.runAll();
        fixture.publish("t", 2);
        fixture.runAll();
        slow.finish(true);
        fixture.publish("t", 3);
        fixture.runAll();
        slow.finish(true);
        fixture.runAll();

        assertThat(slow.values()).containsExactly("1", "2", "3");
        assertThat(socket.values()).containsExactly("1", "2", "3");
    }

    @Test
    void readerThatFellOffTheLogIsToldOfAGap() {
        fixture.open(socket, "t");
        socket.inline = false;
        fixture.publish("t", -1);
        fixture.runAll();
        fixture.publish("t", 300, 1);
        fixture.runAll();
        socket.finish(true);
        fixture.runAll();
        socket.finish(true);
        fixture.runAll();

        List<String> gap = socket.messages.get(2).lines().limit(2).toList();
        assertThat(Golden.parse(gap.get(0)).getString("type")).isEqualTo("$gap");
        assertThat(Golden.parse(gap.get(0)).getJsonArray("at").getInt(1)).isEqualTo(45);
        assertThat(Golden.parse(gap.get(1)).getJsonArray("at").getInt(1)).isEqualTo(46);
        assertThat(socket.values()).startsWith("-1", "gap", "44").endsWith("299").hasSize(258);
    }

    @Test
    void topicOfTheLatestValueSendsTheLastOneWithoutAGap() {
        fixture.topics.retain("state", Retention.latest());
        fixture.open(socket, "state");
        fixture.publish("state", 50, 1);
        fixture.runAll();

        assertThat(socket.values()).containsExactly("49");
    }

    @Test
    void joinIsAnsweredBeforeTheMessagesAfterItsPosition() {
        Line line = fixture.open(socket);
        Position at = fixture.publish("t", 1);
        fixture.publish("t", 2);
        line.join(line.delivery().connection(), "t", Optional.of(at), Optional.empty(), OptionalLong.of(8));
        fixture.runAll();

        List<String> heard = socket.newFrames();
        assertThat(heard.get(1)).startsWith("{\"re\":8,\"value\":{\"at\":[\"" + at.epoch() + "\",1],\"gap\":false,\"end\":2}}");
        assertThat(heard.get(2)).contains("\"value\":2");
    }

    @Test
    void joinIsAnsweredBeforeTheMessagesEvenIfTheBatchIsFull() {
        fixture.limits.batch = 400;
        Line line = fixture.open(socket);
        Position at = fixture.publish("t", 1);
        fixture.publish("t", 2);
        line.send("{\"type\":\"a\",\"value\":\"" + "x".repeat(300) + "\"}");
        line.send("{\"type\":\"b\",\"value\":\"" + "x".repeat(300) + "\"}");
        line.join(line.delivery().connection(), "t", Optional.of(at), Optional.empty(), OptionalLong.of(8));
        fixture.runAll();

        List<String> heard = socket.newFrames();
        assertThat(IntStream.range(0, heard.size()).filter(i -> heard.get(i).startsWith("{\"re\":8")).findFirst().orElseThrow())
            .isLessThan(IntStream.range(0, heard.size()).filter(i -> heard.get(i).startsWith("{\"topic\":\"t\"")).findFirst().orElseThrow());
    }

    @Test
    void lineReceivesNoMessagesOfATopicThatItHasLeft() {
        Line line = fixture.open(socket, "t");
        fixture.publish("t", 1);
        line.leave(line.delivery().connection(), "t", Optional.of("tab-1"), OptionalLong.of(9));
        fixture.publish("t", 2);
        fixture.runAll();
        fixture.publish("t", 3);
        fixture.runAll();

        assertThat(socket.newFrames()).last().isEqualTo("{\"from\":\"tab-1\",\"re\":9}");
        assertThat(socket.messages).noneMatch(message -> message.contains("\"value\":2") || message.contains("\"value\":3"));
    }

    @Test
    void topicsAreLimitedNotCountingTheLinesOwn() {
        fixture.limits.topics = 2;
        Line line = fixture.line(false, Optional.of("ann"));
        fixture.attach(line, socket);
        for (String topic : List.of("a", "b", "b", "c")) {
            line.join(line.delivery().connection(), topic, Optional.empty(), Optional.empty(), OptionalLong.of(1));
        }
        fixture.runAll();

        assertThat(socket.newFrames().stream().skip(1).map(Golden::parse).map(frame -> frame.containsKey("error"))).containsExactly(false, false, false, true);
        assertThat(socket.messages).last().asString().contains("too_many");
    }

    @Test
    void topicOverTheServersLimitIsRejected() {
        fillTopics();
        Line line = fixture.open(socket);
        line.join(line.delivery().connection(), "t", Optional.empty(), Optional.of("tab-1"), OptionalLong.of(1));
        fixture.runAll();

        assertThat(socket.newFrames()).last().asString().contains("overloaded", "\"from\":\"tab-1\"");
    }

    private void fillTopics() {
        for (int i = 0; i < 1000; i++) {
            fixture.topics.use("full" + i, TopicOwner.SERVER, topic -> topic.publish(Publisher.APPLICATION, "\"value\":1", fixture.clock.getAsLong()));
        }
    }

    @Test
    void welcomeTellsOfEachTopicThatCouldNotBeJoinedAndTheLinesOwnAreNeverAmongThem() {
        fillTopics();
        Line line = fixture.line(false, Optional.of("ann"));
        fixture.attach(line, socket, "full1", "t");

        JsonObject topics = Golden.parse(socket.newFrames().get(0)).asJsonObject().getJsonObject("topics");
        assertThat(topics.keySet()).containsExactlyInAnyOrder("*", "@user:ann", "full1", "t");
        assertThat(topics.getJsonObject("t").getJsonObject("error").getString("code")).isEqualTo("overloaded");
        assertThat(List.of("*", "@user:ann", "full1")).allSatisfy(topic -> assertThat(topics.getJsonObject(topic)).containsKey("at"));
        fixture.publish("@user:ann", 7);
        fixture.runAll();
        assertThat(socket.newFrames()).singleElement().asString().contains("\"topic\":\"@user:ann\"", "\"value\":7");
    }

    @Test
    void resumedLineIsToldOfTheTopicsThatItCouldNotJoinAgain() {
        Line line = fixture.open(socket, "a", "b");
        line.onSocketClosed(line.delivery().connection(), false);
        fixture.runAll();
        fillTopics();
        FakeSocket next = fixture.socket();
        fixture.resume(line, next, 0, Map.of("a", fixture.topics.endOf("a"), "b", fixture.topics.endOf("b"), "c", new Position("0", 0)));

        JsonObject topics = Golden.parse(next.newFrames().get(0)).asJsonObject().getJsonObject("topics");
        assertThat(topics.getJsonObject("a")).containsKey("at");
        assertThat(topics.getJsonObject("c")).containsKey("error");
    }

    @Test
    void pingIsAnswered() {
        Line line = fixture.open(socket);
        line.sendPong();
        fixture.runAll();

        assertThat(socket.newFrames()).last().isEqualTo("{\"type\":\"$pong\"}");
    }

    @Test
    void serverSendsAPingOnceItHasBeenSilentForTheKeepAliveTime() {
        LineConnection connection = fixture.attach(fixture.line(), socket);
        socket.newFrames();
        fixture.advance(Duration.ofSeconds(20));
        assertThat(socket.newFrames()).isEmpty();

        fixture.advance(Duration.ofSeconds(1));
        assertThat(socket.newFrames()).containsExactly("{\"type\":\"$ping\"}");
        connection.onReceived(1);
        fixture.advance(Duration.ofSeconds(19));
        assertThat(socket.newFrames()).isEmpty();
    }

    @Test
    void silentClientIsDisconnectedAndItsLineHeld() {
        fixture.open(socket);
        fixture.advance(Duration.ofSeconds(35));
        assertThat(socket.closed).isEmpty();

        fixture.advance(Duration.ofSeconds(1));
        assertThat(socket.closed).contains(CloseCode.HEARTBEAT_TIMEOUT);
        assertThat(socket.newFrames()).last().asString().contains("$bye", "4002");
        assertThat(fixture.events.events).containsExactly("held");
    }

    @Test
    void lineWhoseLossOfItsConnectionFailedHalfWayIsHeldAtTheNextTickAndExpires() {
        Line line = fixture.line();
        LineConnection connection = fixture.attach(line, socket);
        fixture.loop.execute(() -> {
            fixture.clock.failOnce();
            line.delivery().onSocketClosed(connection, false);
        });
        fixture.runAll();
        assertThat(fixture.events.events).isEmpty();

        fixture.advance(Duration.ofSeconds(1));
        assertThat(fixture.events.events).containsExactly("held");
        fixture.advance(Duration.ofMinutes(3));
        assertThat(line.isRemoved()).isTrue();
    }

    /** A virtual machine that is moved, or a long garbage collection: what the client sent meanwhile waits in the buffer of its socket. */
    @Test
    void pauseOfTheProcessClosesNoLineThatSendsSomethingSoonAfterIt() {
        FakeSocket heldSocket = fixture.socket();
        Line held = fixture.line();
        held.onSocketClosed(fixture.attach(held, heldSocket), false);
        LineConnection connection = fixture.attach(fixture.line(), socket);
        fixture.clock.forward(Duration.ofMinutes(3));
        fixture.runAll();
        connection.onReceived(1);
        fixture.advance(Duration.ofSeconds(19));

        assertThat(socket.closed).isEmpty();
        assertThat(held.isRemoved()).as("its browser could not resume it during the pause").isFalse();
        connection.onReceived(1);
        fixture.advance(Duration.ofSeconds(2));
        assertThat(socket.closed).isEmpty();
        assertThat(held.isRemoved()).isTrue();
    }

    @Test
    void lineThatStaysSilentAfterAPauseIsClosed() {
        fixture.attach(fixture.line(), socket);
        fixture.clock.forward(Duration.ofMinutes(3));
        fixture.advance(Duration.ofSeconds(19));
        assertThat(socket.closed).isEmpty();

        fixture.advance(Duration.ofSeconds(2));
        assertThat(socket.closed).contains(CloseCode.HEARTBEAT_TIMEOUT);
    }

    @Test
    void expiredTokenClosesTheConnectionAndHoldsTheLine() {
        Line line = fixture.open(socket);
        line.setTokenExpiry(fixture.clock.getAsLong() + Duration.ofSeconds(10).toNanos());
        fixture.advance(Duration.ofSeconds(10));
        assertThat(socket.closed).isEmpty();

        fixture.advance(Duration.ofSeconds(1));
        assertThat(socket.closed).contains(CloseCode.TOKEN_EXPIRED);
        assertThat(fixture.events.events).containsExactly("held");
    }

    /** A client that has received it may come back at once. */
    @Test
    void lineIsRemovedBeforeItsByeIsSent() {
        FakeSocket socket = fixture.socket();
        Line line = fixture.open(socket);
        List<Boolean> removed = new ArrayList<>();
        socket.onSend = () -> removed.add(line.isRemoved());

        line.onClientBye(line.delivery().connection());
        fixture.runAll();

        assertThat(removed).containsExactly(true);
    }

    @Test
    void byeIsAnsweredAndTheLineIsRemoved() {
        Line line = fixture.open(socket, "t");
        line.onClientBye(line.delivery().connection());
        fixture.runAll();

        assertThat(socket.closed).contains(CloseCode.NORMAL);
        assertThat(line.isRemoved()).isTrue();
        assertThat(fixture.events.events).containsExactly("removed");
        fixture.publish("t", 1);
        fixture.runAll();
        assertThat(socket.values()).isEmpty();
    }

    /** It was sent before the newer connection's {@code $hello}, and executed after it. */
    @Test
    void whatAReplacedConnectionJoinsOrLeavesHasNoEffect() {
        Line line = fixture.line();
        LineConnection former = fixture.attach(line, socket, "kept");
        FakeSocket newer = fixture.socket();
        fixture.resume(line, newer, 0, Map.of("kept", fixture.topic("kept").end()));

        line.leave(former, "kept", Optional.empty(), OptionalLong.of(1));
        line.join(former, "other", Optional.empty(), Optional.empty(), OptionalLong.of(2));
        fixture.runAll();
        fixture.publish("kept", 1);
        fixture.publish("other", 2);
        fixture.runAll();

        assertThat(newer.values()).containsExactly("1");
    }

    @Test
    void noMoreDoesOneThatWasClosedBeforeTheNewerOneCame() {
        Line line = fixture.line();
        LineConnection former = fixture.attach(line, socket, "kept");
        line.onSocketClosed(former, false);
        fixture.runAll();
        FakeSocket newer = fixture.socket();
        fixture.resume(line, newer, 0, Map.of("kept", fixture.topic("kept").end()));

        line.leave(former, "kept", Optional.empty(), OptionalLong.of(1));
        fixture.runAll();
        fixture.publish("kept", 1);
        fixture.runAll();

        assertThat(newer.values()).containsExactly("1");
    }
}
