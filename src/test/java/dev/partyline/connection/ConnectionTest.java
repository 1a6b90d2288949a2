package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.handler.Caller;
import dev.partyline.handler.LineListener;
import dev.partyline.line.InboundMemory;
import dev.partyline.stats.Counter;
import dev.partyline.stats.Limit;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import jakarta.json.JsonObject;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The states of a connection, its limits and its close. What the frames do is in FrameHandlerTest, HelloHandlerTest and PlainHandlerTest. */
@Timeout(30)
class ConnectionTest {

    private ConnectionFixture fixture = new ConnectionFixture();

    @AfterEach
    void stop() {
        fixture.close();
    }

    private void rules(boolean plainClients, boolean userRequired) {
        fixture.close();
        fixture = new ConnectionFixture(plainClients, userRequired);
    }

    @Test
    void helloForWhichTheAddressStandsOpensALineAtOnce() {
        FakeClient client = fixture.client(Optional.of(Frame.Hello.bare(1)), Optional.empty());

        JsonObject welcome = client.next(frame -> frame.getString("type", "").equals("$welcome"));
        assertThat(welcome.getBoolean("resumed")).isFalse();
        assertThat(fixture.lines()).isEqualTo(1);
        client.send("{\"type\":\"$tab\",\"from\":\"t\",\"state\":\"open\"}\n" + ConnectionFixture.hi(1));
        assertThat(client.next(frame -> frame.getInt("re", 0) == 1)).isNotNull();
        assertThat(client.send("{\"type\":\"$hello\",\"v\":1}").nextError().getString("message")).isEqualTo("$hello comes first and once");
        fixture.advance(Duration.ofMinutes(1));
        assertThat(client.isOpen()).as("a client that has a line need not say anything else first").isTrue();
    }

    @Test
    void helloForWhichTheAddressStandsIsRejectedAsAnyOther() {
        assertThat(fixture.client(Optional.of(Frame.Hello.bare(2)), Optional.empty()).closeCode()).isEqualTo(CloseCode.VERSION);
        assertThat(fixture.client(Optional.of(Frame.Hello.bare(1)), Optional.of(CloseCode.FORBIDDEN)).closeCode()).isEqualTo(CloseCode.FORBIDDEN);
        assertThat(fixture.lines()).isZero();
        rules(true, true);
        assertThat(fixture.client(Optional.of(Frame.Hello.bare(1)), Optional.empty()).closeCode()).isEqualTo(CloseCode.NOT_AUTHENTICATED);
    }

    @Test
    void partsAreOneMessageAndCountAsOne() {
        FakeClient client = fixture.client();
        client.connection.onText("{\"data\":{\"from\":\"t\",", false);
        client.connection.onText("", false);
        client.connection.onText("\"data\":\"first\"}}", true);

        assertThat(client.next(frame -> frame.containsKey("hi")).getString("data")).isEqualTo("first");
        assertThat(fixture.counters.sum(Counter.MESSAGES_IN)).isEqualTo(1);
        assertThat(fixture.counters.sum(Counter.CHARS_IN)).isEqualTo(ConnectionFixture.PLAIN.length());
    }

    @Test
    void partsThatAreTooLongTogetherCloseTheConnectionBeforeTheLastOne() {
        FakeClient client = fixture.client();
        client.connection.onText("x".repeat(ConnectionFixture.MESSAGE_CHARS), false);
        assertThat(client.isOpen()).isTrue();

        client.connection.onText("x", false);

        assertThat(client.closeCode()).isEqualTo(CloseCode.TOO_BIG);
        client.connection.onText(ConnectionFixture.PLAIN, true);
        assertThat(fixture.handled).isEmpty();
        assertThat(fixture.lines()).isZero();
    }

    @Test
    void binaryMessageIsOneFaultInHoweverManyParts() {
        FakeClient client = fixture.client();
        client.connection.onBinary(ConnectionFixture.MESSAGE_CHARS - 1, false);
        client.connection.onBinary(0, false);
        client.connection.onBinary(1, true);
        client.connection.onBinary(1, true);
        client.connection.onText(ConnectionFixture.PLAIN, true);

        assertThat(client.next(frame -> frame.containsKey("hi")).getString("data")).isEqualTo("first");
        assertThat(client.received().stream().filter(FakeClient::isError)).hasSize(2)
            .allSatisfy(fault -> assertThat(fault.getJsonObject("error").getString("message")).isEqualTo("a frame is text, and this message is binary"));
        assertThat(fixture.counters.sum(Counter.MESSAGES_IN)).isEqualTo(3);
    }

    @Test
    void binaryMessageThatIsTooLongClosesTheConnectionBeforeItsLastPart() {
        FakeClient client = fixture.client();
        for (int i = 0; i < ConnectionFixture.MESSAGE_CHARS; i++) {
            client.connection.onBinary(1, false);
        }
        assertThat(client.isOpen()).isTrue();

        client.connection.onBinary(1, false);

        assertThat(client.closeCode()).isEqualTo(CloseCode.TOO_BIG);
    }

    @Test
    void longestMessageIsAcceptedInPartsAndTheNextOneBeginsAnew() {
        FakeClient client = fixture.client();
        String longest = "{\"data\":{\"from\":\"t\",\"data\":\"" + "x".repeat(ConnectionFixture.MESSAGE_CHARS - 31) + "\"}}";
        assertThat(longest).hasSize(ConnectionFixture.MESSAGE_CHARS);

        for (int i = 0; i < 2; i++) {
            client.connection.onText(longest.substring(0, 500), false);
            client.connection.onText(longest.substring(500), true);
        }

        await().until(() -> fixture.handled.size() == 2);
        assertThat(client.isOpen()).isTrue();
    }

    @Test
    void silentClientIsClosedAfterTheHelloTimeoutWherePlainClientsAreNotServed() {
        rules(false, false);
        FakeClient client = fixture.client();

        fixture.advance(ConnectionFixture.HELLO_WITHIN);
        assertThat(client.isOpen()).isTrue();
        fixture.advance(ConnectionFixture.MOMENT);

        assertThat(client.closeCode()).isEqualTo(CloseCode.NO_HELLO);
        assertThat(fixture.counters.sum(Counter.REFUSALS)).isEqualTo(1);
    }

    @Test
    void clientOfARejectedHandshakeIsClosedAndNeverServed() {
        FakeClient client = fixture.client(Optional.of(CloseCode.FORBIDDEN));
        client.send(ConnectionFixture.PLAIN).send("{\"type\":\"$hello\",\"v\":1}");
        fixture.advance(ConnectionFixture.HELLO_WITHIN.plus(ConnectionFixture.MOMENT));

        assertThat(client.closeCode()).isEqualTo(CloseCode.FORBIDDEN);
        assertThat(fixture.lines()).isZero();
        assertThat(client.received()).isEmpty();
    }

    @Test
    void helloIsAcceptedOnceAndAsTheFirstFrameOnly() {
        FakeClient twice = fixture.client().hello("\"tabs\":[\"a\"]").send("{\"type\":\"$hello\",\"v\":1}");
        assertThat(twice.nextError().getString("message")).isEqualTo("$hello comes first and once");

        FakeClient late = fixture.client().send(ConnectionFixture.PLAIN).send("{\"type\":\"$hello\",\"v\":1}");
        assertThat(late.nextError().getString("message")).isEqualTo("$hello comes first and once");
        assertThat(fixture.lines()).isEqualTo(2);
    }

    @Test
    void thirdBadFrameClosesTheConnection() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]").send("no frame").send("[]");
        client.send(ConnectionFixture.hi(1)).next(frame -> frame.getInt("re", 0) == 1);
        assertThat(client.isOpen()).isTrue();

        client.send("{");

        assertThat(client.closeCode()).isEqualTo(CloseCode.BAD_FRAME);
        assertThat(fixture.counters.sum(Counter.FAULTS)).isEqualTo(3);
        client.send(ConnectionFixture.hi(2));
        assertThat(fixture.handled).containsExactly("1");
    }

    @Test
    void messageOverTheRateIsRejectedAndAFloodClosesTheConnection() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");
        for (int id = 1; id <= ConnectionFixture.BURST + 1; id++) {
            client.send(ConnectionFixture.hi(id));
        }
        assertThat(client.errorOf(ConnectionFixture.BURST + 1)).isEqualTo("rate_limited");
        await().until(() -> fixture.handled.size() == ConnectionFixture.BURST);
        assertThat(fixture.counters.sum(Counter.OVER_RATE)).isEqualTo(1);

        for (int id = ConnectionFixture.BURST + 2; id <= 2 * ConnectionFixture.BURST; id++) {
            client.send(ConnectionFixture.hi(id));
        }
        assertThat(client.closeCode()).isEqualTo(CloseCode.RATE);
        assertThat(fixture.handled).hasSize(ConnectionFixture.BURST);
    }

    @Test
    void answersWithoutCauseEndTheConnection() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");
        for (int i = 0; i < 10 * ConnectionFixture.BURST && client.isOpen(); i++) {
            client.send("{\"type\":\"$pong\"}");
        }

        assertThat(client.closeCode()).isEqualTo(CloseCode.RATE);
        assertThat(fixture.counters.hits(Limit.RATE)).isPositive();
    }

    @Test
    void blankLinesCountAsCharacters() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");
        String blank = "{\"type\":\"$pong\"}" + "\n".repeat(ConnectionFixture.MESSAGE_CHARS - 16);
        for (int i = 0; i < 3 + 2 * ConnectionFixture.BURST_CHARS / ConnectionFixture.MESSAGE_CHARS; i++) {
            client.send(blank);
        }

        assertThat(client.closeCode()).isEqualTo(CloseCode.RATE);
    }

    @Test
    void rateBelongsToTheLineAndNotToTheConnection() {
        FakeClient first = fixture.client().hello("");
        JsonObject welcome = first.next(frame -> frame.getString("type", "").equals("$welcome"));
        IntStream.rangeClosed(1, ConnectionFixture.BURST).forEach(id -> first.send(ConnectionFixture.hi(id)));
        first.connection.onClose(1006);

        FakeClient second = fixture.client().hello("\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\"");
        JsonObject again = second.next(frame -> frame.getString("type", "").equals("$welcome"));
        assertThat(again.getBoolean("resumed")).isTrue();
        assertThat(again.getJsonObject("limits").getInt("left")).isZero();
        second.send(ConnectionFixture.hi(ConnectionFixture.BURST + 1));
        assertThat(second.errorOf(ConnectionFixture.BURST + 1)).isEqualTo("rate_limited");
        assertThat(fixture.handled).hasSizeLessThanOrEqualTo(ConnectionFixture.BURST);
    }

    @Test
    void whoResumesALineWithoutEndIsAFlood() {
        FakeClient client = fixture.client().hello("");
        JsonObject welcome = client.next(frame -> frame.getString("type", "").equals("$welcome"));
        String resume = "{\"type\":\"$hello\",\"v\":1,\"line\":\"" + welcome.getString("line") + "\",\"key\":\"" + welcome.getString("key") + "\"}";
        List<FakeClient> all = IntStream.range(0, ConnectionFixture.SOCKETS - 1).mapToObj(i -> fixture.client().send(resume)).toList();

        assertThat(all.get(all.size() - 1).closeCode()).isEqualTo(CloseCode.RATE);
    }

    @Test
    void charactersOverTheRateAreRejectedAndAFloodClosesTheConnection() {
        FakeClient client = fixture.client().hello("");
        for (int id = 1; id <= 10; id++) {
            client.send(padded("{\"type\":\"$leave\",\"topic\":\"x\",\"id\":" + id + "}"));
        }
        client.send(padded(ConnectionFixture.hi(11)));
        assertThat(client.errorOf(11)).isEqualTo("rate_limited");
        assertThat(client.received().stream().filter(FakeClient::isError)).hasSize(1);

        for (int i = 0; i < 10; i++) {
            client.send(padded("{\"type\":\"$ack\",\"bytes\":1,\"inbox\":0}"));
        }
        assertThat(client.closeCode()).isEqualTo(CloseCode.RATE);
        assertThat(fixture.counters.hits(Limit.RATE_CHARS)).as("rejected, and closed").isEqualTo(2);
    }

    /** Ten such frames are nearly {@link ConnectionFixture#BURST_CHARS}. */
    private static String padded(String frame) {
        return frame.substring(0, frame.length() - 1) + ",\"padding\":\"" + "x".repeat(980 - frame.length()) + "\"}";
    }

    @Test
    void socketsOfAnAddressAreCountedUntilTheyClose() {
        List<FakeClient> all = IntStream.range(0, ConnectionFixture.SOCKETS).mapToObj(i -> fixture.client()).toList();
        FakeClient over = fixture.client();
        assertThat(over.closeCode()).isEqualTo(CloseCode.OVERLOADED);
        over.connection.onClose(CloseCode.OVERLOADED.number());
        assertThat(fixture.client().closeCode()).as("one that was refused does not count").isEqualTo(CloseCode.OVERLOADED);
        assertThat(fixture.counters.hits(Limit.SOCKETS_PER_ADDRESS)).isEqualTo(2);

        all.get(0).connection.onClose(1006);
        all.get(0).connection.onClose(1006);
        FakeClient next = fixture.client();
        assertThat(next.hello("").isOpen()).isTrue();
        assertThat(fixture.client().closeCode()).isEqualTo(CloseCode.OVERLOADED);
    }

    /** On Tomcat, a thread that answers a ping of the client may wait behind the send. */
    @Test
    void socketThatIsClosedInASendCountsForAsLongAsASendMayTake() {
        List<FakeClient> all = IntStream.range(0, ConnectionFixture.SOCKETS).mapToObj(i -> fixture.client()).toList();
        FakeClient slow = all.get(0).hello("");
        slow.stopReading();
        int before = slow.received().size();
        slow.send("{\"type\":\"$ping\"}");
        await().until(() -> slow.received().size() > before);
        slow.connection.onClose(1006);

        fixture.advance(Duration.ofSeconds(4));
        assertThat(fixture.client().closeCode()).isEqualTo(CloseCode.OVERLOADED);
        fixture.advance(Duration.ofSeconds(1));
        assertThat(fixture.client().isOpen()).isTrue();
    }

    @Test
    void controlFramesAndAnswersHaveRateLimitsOfTheirOwn() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");
        for (int id = 1; id <= 3 * ConnectionFixture.BURST; id++) {
            client.send("{\"type\":\"$leave\",\"topic\":\"a\",\"id\":" + id + "}");
        }
        for (int i = 0; i < ConnectionFixture.BURST; i++) {
            client.send("{\"type\":\"$pong\"}").send("{\"type\":\"$ack\",\"bytes\":" + i + ",\"inbox\":0}");
        }

        client.send(ConnectionFixture.hi(100));

        assertThat(client.next(frame -> frame.getInt("re", 0) == 100)).containsKey("value");
        assertThat(fixture.counters.sum(Counter.OVER_RATE)).isZero();
    }

    @Test
    void framesAfterByeAreNotRun() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]").send("{\"type\":\"$bye\"}\n" + ConnectionFixture.hi(1));

        assertThat(client.closeCode()).isEqualTo(CloseCode.NORMAL);
        await().until(() -> fixture.lines() == 0);
        assertThat(fixture.handled).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1000, true", "4500, true", "1001, false", "1006, false", "4001, false"})
    void lineIsHeldUnlessItsSocketEndedForGood(int code, boolean forGood) {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");

        client.connection.onClose(code);

        await().until(() -> fixture.context.lines.heldCount() == (forGood ? 0 : 1) && fixture.lines() == (forGood ? 0 : 1));
        client.send(ConnectionFixture.hi(1));
        assertThat(fixture.handled).isEmpty();
    }

    @Test
    void whatAReplacedConnectionStillSendsDoesNothing() {
        FakeClient former = fixture.client().hello("\"tabs\":[\"t\"],\"topics\":{\"a\":null}");
        FakeClient newer = fixture.client().resume(former, "\"tabs\":[\"t\"],\"topics\":{\"a\":null}");
        assertThat(former.closeCode()).isEqualTo(CloseCode.REPLACED);

        former.send(ConnectionFixture.hi(1)).send("{\"type\":\"$leave\",\"topic\":\"a\",\"id\":2}").send("{\"type\":\"$tab\",\"from\":\"t\",\"state\":\"gone\"}");
        former.send("{").send("{").send("{").send("{\"type\":\"$bye\"}");
        former.connection.onClose(CloseCode.NORMAL.number());
        newer.send("{\"type\":\"$publish\",\"topic\":\"a\",\"from\":\"t\",\"id\":1,\"value\":7}");

        assertThat(newer.next(frame -> frame.containsKey("topic")).getInt("value")).isEqualTo(7);
        assertThat(fixture.handled).isEmpty();
        assertThat(fixture.context.lines.findByTab("t")).isPresent();
        assertThat(newer.isOpen()).isTrue();
        assertThat(newer.received()).noneMatch(FakeClient::isError);
    }

    @Test
    void socketThatIsClosedBeforeItsFirstFrameLeavesNothing() {
        FakeClient client = fixture.client();

        client.connection.onClose(1006);
        fixture.advance(ConnectionFixture.HELLO_WITHIN.plus(ConnectionFixture.MOMENT));

        assertThat(fixture.lines()).isZero();
        assertThat(client.isOpen()).as("it is the container's to close").isTrue();
    }

    @Test
    void internalErrorIsReportedAsSuchAndTheLineIsHeld() {
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");

        client.connection.fail();

        assertThat(client.next(frame -> frame.getString("type", "").equals("$bye")).getInt("code")).isEqualTo(CloseCode.INTERNAL.number());
        await().until(() -> fixture.context.lines.heldCount() == 1);
    }

    @Test
    void silentClientIsClosedWhenTheServerStops() {
        FakeClient client = fixture.client();

        fixture.context.close();

        assertThat(client.closeCode()).isEqualTo(CloseCode.SHUTTING_DOWN);
    }

    /** A verifier that asks an identity provider over the network stopped everybody's frames: it held the threads of the container. */
    @Test
    void verifierHoldsNoThreadThatReadsAndTheFramesBehindTheHelloKeepTheirOrder() {
        FakeClient client = fixture.client();
        client.send("{\"type\":\"$hello\",\"v\":1,\"token\":\"slow:ann\"}\n" + ConnectionFixture.hi(1)).send(ConnectionFixture.hi(2) + "\n" + ConnectionFixture.hi(3));
        assertThat(client.received()).isEmpty();
        fixture.advance(ConnectionFixture.PLAIN_AFTER.plus(ConnectionFixture.MOMENT));
        assertThat(fixture.lines()).as("it is not presumed to be a plain client meanwhile").isZero();

        fixture.gate.countDown();
        client.next(frame -> frame.getInt("re", 0) == 3);
        assertThat(client.received().stream().map(frame -> frame.getString("type", "") + frame.getInt("re", 0))).containsExactly("$welcome0", "1", "2", "3");
        assertThat(fixture.handled).containsExactly("1", "2", "3");
    }

    @Test
    void policyThatMayBlockHoldsNoThreadThatReadsAndTheOrderIsKept() {
        FakeClient client = fixture.client().hello("");
        fixture.policyBlocks = true;
        client.send("{\"type\":\"$join\",\"topic\":\"slow\",\"from\":\"t\",\"id\":1}").send("{\"type\":\"$leave\",\"topic\":\"slow\",\"from\":\"t\",\"id\":2}");
        await().until(() -> fixture.waitingAtGate.get() == 1);
        assertThat(client.received()).hasSize(1);

        fixture.gate.countDown();
        client.next(frame -> frame.getInt("re", 0) == 2);
        assertThat(client.received().stream().map(frame -> frame.getInt("re", 0))).containsExactly(0, 1, 2);
    }

    @Test
    void messageIsSentOnlyIfAPolicyThatMayBlockAllowsIt() {
        fixture.policyBlocks = true;
        FakeClient client = fixture.client().hello("");
        client.send(ConnectionFixture.hi(1)).send("{\"type\":\"forbidden\",\"from\":\"t\",\"id\":2}");

        assertThat(client.errorOf(2)).isEqualTo("forbidden");
        assertThat(client.next(frame -> frame.getInt("re", 0) == 1)).containsKey("value");
    }

    @Test
    void helloThatTheApplicationDoesNotAnswerInTimeIsClosedAsOverloaded() {
        FakeClient client = fixture.client().send("{\"type\":\"$hello\",\"v\":1,\"token\":\"slow:ann\"}");
        await().until(() -> fixture.waitingAtGate.get() == 1);
        fixture.advance(ConnectionFixture.HELLO_WITHIN.plus(ConnectionFixture.MOMENT));

        assertThat(client.closeCode()).isEqualTo(CloseCode.OVERLOADED);
        assertThat(fixture.lines()).isZero();
    }

    @Test
    void framesThatWaitForTheApplicationAreBounded() {
        FakeClient client = fixture.client().send("{\"type\":\"$hello\",\"v\":1,\"token\":\"slow:ann\"}");
        String longest = "{\"type\":\"hi\",\"from\":\"t\",\"value\":\"" + "x".repeat(ConnectionFixture.MESSAGE_CHARS - 38) + "\"}";
        for (int i = 0; i < 3; i++) {
            client.send(longest);
        }
        assertThat(client.isOpen()).isTrue();
        client.send(longest);

        assertThat(client.closeCode()).isEqualTo(CloseCode.OVERLOADED);
    }

    @Test
    void clientThatIsGoneBeforeItsTokenIsVerifiedLeavesNoLine() {
        FakeClient client = fixture.client().send("{\"type\":\"$hello\",\"v\":1,\"token\":\"slow:ann\"}");
        await().until(() -> fixture.waitingAtGate.get() == 1);
        client.connection.onClose(1006);
        fixture.gate.countDown();

        await().until(() -> fixture.context.waitingFrames.isIdle(client.connection));
        await().until(() -> fixture.lines() == 0);
        assertThat(fixture.counters.sum(Counter.REFUSALS)).as("it was not rejected").isZero();
    }

    @Test
    void whatAClientSentBeforeItsSocketWasClosedIsExecuted() {
        FakeClient reader = fixture.client().hello("\"topics\":{\"news\":null}");
        FakeClient client = fixture.client().hello("");
        fixture.policyBlocks = true;
        client.send("{\"type\":\"$join\",\"topic\":\"slow\",\"from\":\"t\",\"id\":1}\n{\"type\":\"$publish\",\"topic\":\"news\",\"from\":\"t\",\"value\":\"last\"}");
        await().until(() -> fixture.waitingAtGate.get() == 1);
        client.connection.onClose(1001);
        fixture.gate.countDown();

        assertThat(reader.next(frame -> frame.getString("topic", "").equals("news")).getString("value")).isEqualTo("last");
    }

    @Test
    void incompleteMessagesOfOneAddressAreBoundedAndTakeNoMemoryAfterTheirEnd() {
        List<FakeClient> clients = IntStream.range(0, 5).mapToObj(i -> fixture.client()).toList();
        clients.forEach(client -> client.connection.onText("{\"type\":", false));

        assertThat(clients.get(4).closeCode()).isEqualTo(CloseCode.OVERLOADED);
        assertThat(clients.subList(0, 4)).allMatch(FakeClient::isOpen);
        assertThat(fixture.counters.hits(Limit.MEMORY)).isOne();

        InboundMemory memory = fixture.context.lines.inboundMemory();
        long ofThree = memory.bytes() * 3 / 4;
        clients.get(0).connection.onText("\"hi\",\"from\":\"t\"}", true);
        await().until(() -> memory.bytes() == ofThree);
        FakeClient next = fixture.client();
        next.connection.onText("{", false);
        assertThat(next.isOpen()).isTrue();
        clients.forEach(client -> client.connection.onClose(1006));
        next.connection.onClose(1006);
        await().until(() -> memory.bytes() == 0);
    }

    @Test
    void pongsKeepNoConnectionAliveWhoseMessageStaysIncomplete() {
        FakeClient client = fixture.client().hello("");
        client.connection.onText("{\"type\":", false);
        for (int second = 0; second < 100; second++) {
            client.connection.onPong(ByteBuffer.allocate(0));
            fixture.advance(Duration.ofSeconds(1));
            fixture.context.lines.checkClock();
            long now = fixture.clock.getAsLong();
            await().until(() -> now - fixture.context.lines.oldestTick() <= Duration.ofSeconds(1).toNanos());
        }

        assertThat(client.closeCode()).isEqualTo(CloseCode.HEARTBEAT_TIMEOUT);
    }

    @Test
    void listenerThatWantsToKnowIsToldNowAndThenWhichLinesAreActive() {
        assertThat(fixture.context.dispatcher.isActivityWanted()).isFalse();
        fixture.context.dispatcher.listen(new LineListener() {
            @Override
            public void lineOpened(Caller line) {
                throw new AssertionError("does not happen here");
            }
        });
        assertThat(fixture.context.dispatcher.isActivityWanted()).isFalse();
        List<String> active = new CopyOnWriteArrayList<>();
        fixture.context.dispatcher.listen(new LineListener() {
            @Override
            public void lineActive(Caller line) {
                active.add(line.line());
            }
        });
        FakeClient client = fixture.client().hello("\"tabs\":[\"t\"]");
        client.send(ConnectionFixture.hi(1)).send(ConnectionFixture.hi(2));
        await().until(() -> active.size() == 1);

        fixture.advance(Duration.ofSeconds(14));
        client.send(ConnectionFixture.hi(3));
        client.next(frame -> frame.getInt("re", 0) == 3);
        assertThat(active).hasSize(1);
        fixture.advance(Duration.ofSeconds(1));
        client.send(ConnectionFixture.hi(4));
        await().until(() -> active.size() == 2);
    }
}
