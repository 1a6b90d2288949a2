package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.partyline.line.LineRegistry.TabOpening;
import dev.partyline.stats.Limit;
import dev.partyline.testing.Growth;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.TabIds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The limits of lines and tabs, and which browser may resume a line. */
class LineRegistryTest {

    private static final Optional<String> ANN = Optional.of("ann");
    private static final Optional<String> HOME = Optional.of("192.0.2.1");

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final List<Line> open = new ArrayList<>();

    @Test
    void idAndKeyOfALineAreRandom() {
        Line one = open(Optional.empty(), Optional.empty());
        Line other = open(Optional.empty(), Optional.empty());

        assertThat(List.of(one.id(), one.key(), other.id(), other.key())).doesNotHaveDuplicates().allMatch(secret -> secret.length() == 22);
        assertThat(lines().count()).isEqualTo(2);
    }

    @Test
    void onlyTheKeyOpensAHeldLineAndOnlyToTheSameUser() {
        Line line = open(ANN, Optional.empty());
        drop(line);

        assertThat(resume(line, "wrong", ANN)).isEmpty();
        assertThat(resume(line, "wrong", Optional.of("bob"))).isEmpty();
        assertThat(lines().resume(new Frame.Resume("unknown", line.key(), 0), CallerFacts.ofUser(ANN))).isEmpty();
        assertThat(resume(line, line.key(), ANN)).contains(line);
        assertThat(fixture.events.events).containsExactly("opened", "held", "resumed");
    }

    @ParameterizedTest
    @CsvSource({"ann, bob", "ann, ''", "'', ann"})
    void lineWhoseKeyComesFromAnotherUserEndsAtOnceAndItsTabsAndItsShareAreFree(String before, String now) {
        fixture.limits.linesPerAddress = 1;
        Line held = open(Optional.of(before).filter(name -> !name.isEmpty()), HOME);
        lines().openTab(held, "tab-1", false);
        drop(held);

        assertThat(resume(held, held.key(), Optional.of(now).filter(name -> !name.isEmpty()))).isEmpty();
        Line next = opened(Optional.empty(), HOME);

        assertThat(lines().openTab(held, "tab-1", false)).isEqualTo(TabOpening.TAKEN);
        assertThat(lines().openTab(next, "tab-1", false)).isEqualTo(TabOpening.OPENED);
        passes();
        assertThat(held.isRemoved()).isTrue();
        assertThat(lines().findByTab("tab-1")).contains(next);
        assertThat(lines().count()).isEqualTo(1);
        assertThat(fixture.events.events).containsOnlyOnce("removed");
    }

    @Test
    void openConnectionOfALineThatEndsForItsUserIsClosed() {
        Line line = opened(ANN, HOME);
        FakeSocket socket = new FakeSocket();
        line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        passes();

        assertThat(lines().endLogin(new Frame.Resume(line.id(), line.key(), 0))).isTrue();
        passes();

        await().untilAsserted(() -> assertThat(socket.closed).contains(CloseCode.REPLACED));
        assertThat(line.isRemoved()).isTrue();
        assertThat(resume(line, line.key(), ANN)).isEmpty();
    }

    @Test
    void removedLineCannotBeResumed() {
        Line line = open(Optional.empty(), Optional.empty());
        line.onClientBye(line.delivery().connection());
        passes();

        assertThat(resume(line, line.key(), Optional.empty())).isEmpty();
        assertThat(lines().count()).isZero();
    }

    /** What opens a line may fail before it attaches a connection, such as without memory. */
    @Test
    void lineThatNoConnectionIsAttachedToIsRemoved() {
        Line lost = lines().open(false, CallerFacts.ofUser(ANN), HOME).line().orElseThrow();
        Line open = open(ANN, HOME);
        fixture.clock.forward(Duration.ofMinutes(1));
        lines().sweep();
        passes();
        assertThat(lines().all()).containsExactlyInAnyOrder(lost, open);

        fixture.clock.forward(Duration.ofSeconds(1));
        lines().sweep();
        passes();
        assertThat(lines().all()).containsExactly(open);
    }

    @Test
    void lineWhoseListenerFailsIsRemoved() {
        Line open = open(ANN, HOME);
        fixture.events.openFails = true;
        assertThatThrownBy(() -> lines().open(false, CallerFacts.ofUser(ANN), HOME)).isInstanceOf(OutOfMemoryError.class);
        passes();

        assertThat(lines().all()).containsExactly(open);
    }

    @Test
    void linesAreBoundedPerServer() {
        fixture.limits.lines = 2;
        open(Optional.empty(), Optional.empty());
        open(Optional.empty(), Optional.empty());

        assertThat(refusal(Optional.empty(), Optional.empty())).isEqualTo(CloseCode.OVERLOADED);
    }

    @Test
    void linesAreBoundedPerUserAndPerAddress() {
        fixture.limits.linesPerUser = 2;
        fixture.limits.linesPerAddress = 3;
        open(ANN, HOME);
        Line second = open(ANN, HOME);
        assertThat(refusal(ANN, HOME)).isEqualTo(CloseCode.TOO_MANY_LINES);
        open(Optional.of("bob"), HOME);
        assertThat(refusal(Optional.of("eve"), HOME)).isEqualTo(CloseCode.TOO_MANY_LINES);

        second.onClientBye(second.delivery().connection());
        passes();
        open(ANN, HOME);
        assertThat(refusal(ANN, Optional.of("192.0.2.2"))).isEqualTo(CloseCode.TOO_MANY_LINES);
    }

    @Test
    void newLinesOfAnAddressAreLimitedInTheirRate() {
        fixture.limits.linesPerAddress = 3;
        fixture.limits.newLinesPerAddress = 1;
        for (int i = 0; i < 10; i++) {
            Line line = open(Optional.empty(), HOME);
            line.onClientBye(line.delivery().connection());
            passes();
        }
        assertThat(refusal(Optional.empty(), HOME)).isEqualTo(CloseCode.RATE);
        assertThat(fixture.counters.hits(Limit.LINES_PER_ADDRESS_RATE)).isEqualTo(1);
        open(Optional.empty(), Optional.of("192.0.2.2"));

        fixture.clock.forward(Duration.ofSeconds(1));
        open(Optional.empty(), HOME);
    }

    @Test
    void lineRejectedForItsAddressIsNotCountedForItsUser() {
        fixture.limits.linesPerUser = 1;
        fixture.limits.linesPerAddress = 1;
        open(Optional.of("bob"), HOME);
        refusal(ANN, HOME);

        assertThat(open(ANN, Optional.of("192.0.2.2"))).isNotNull();
    }

    @Test
    void heldLinesOfAUserAreEvictedForANewOneOldestFirst() {
        fixture.limits.linesPerUser = 2;
        Line oldest = open(ANN, Optional.empty());
        drop(oldest);
        Line younger = open(ANN, Optional.empty());
        drop(younger);
        Line foreign = open(Optional.of("bob"), Optional.empty());
        drop(foreign);

        open(ANN, Optional.empty());
        passes();
        assertThat(oldest.isRemoved()).isTrue();
        assertThat(younger.isRemoved()).isFalse();
        open(ANN, Optional.empty());
        passes();
        assertThat(younger.isRemoved()).isTrue();
        assertThat(refusal(ANN, Optional.empty())).isEqualTo(CloseCode.TOO_MANY_LINES);
        assertThat(foreign.isRemoved()).isFalse();
    }

    @Test
    void heldLinesAreBoundedEvenIfManyDisconnectAtOnce() {
        fixture.limits.heldLines = 5;
        List<LineConnection> connections = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Line line = opened(Optional.empty(), Optional.empty());
            connections.add(attach(line));
        }
        for (int i = 0; i < 20; i++) {
            open.get(i).onSocketClosed(connections.get(i), false);
        }
        passes();

        assertThat(lines().count()).isEqualTo(5);
        assertThat(lines().heldCount()).isEqualTo(5);
        assertThat(open.get(14).isRemoved()).isTrue();
        assertThat(open.get(15).isRemoved()).isFalse();
    }

    @Test
    void inboxesOfHeldLinesAreBounded() {
        fixture.limits.heldChars = 1000;
        for (int i = 0; i < 5; i++) {
            Line line = open(Optional.empty(), Optional.empty());
            drop(line);
            line.send("{\"value\":\"" + "x".repeat(388) + "\"}");
        }
        lines().sweep();
        passes();

        assertThat(lines().count()).isEqualTo(2);
        assertThat(open.get(2).isRemoved()).isTrue();
        assertThat(open.get(3).isRemoved()).isFalse();
    }

    @Test
    void heldLineWithoutMessagesIsNeverEvictedForTheInboxesOfOthers() {
        fixture.limits.heldChars = 1000;
        Line empty = held(Optional.empty(), 0);
        Line large = held(Optional.empty(), 900);
        Line small = held(Optional.empty(), 400);
        lines().sweep();
        passes();

        assertThat(large.isRemoved()).isTrue();
        assertThat(empty.isRemoved()).isFalse();
        assertThat(small.isRemoved()).isFalse();
    }

    @Test
    void linesOfTheOwnerWithTheLargestInboxesAreEvictedFirst() {
        fixture.limits.heldChars = 2000;
        Line large = held(Optional.of("bob"), 900);
        List<Line> many = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            many.add(held(ANN, 190 + i));
        }
        lines().sweep();
        passes();

        assertThat(large.isRemoved()).isFalse();
        assertThat(many.stream().filter(Line::isRemoved).toList()).containsExactlyElementsOf(many.subList(5, 10));
        assertThat(fixture.counters.hits(Limit.HELD_CHARS)).isEqualTo(5);
    }

    /** A held line of a user, with so many characters in its inbox. */
    private Line held(Optional<String> user, int chars) {
        Line line = open(user, Optional.empty());
        drop(line);
        if (chars > 0) {
            line.send('"' + "x".repeat(chars - 2) + '"');
        }
        return line;
    }

    @Test
    void newLineOfAnAddressTakesProportionalTimeHoweverManyOthersAreHeld() {
        Growth.assertProportional(500, n -> {
            HeldLines held = new HeldLines(fixture.memory);
            for (int i = 0; i < n; i++) {
                held.add(fixture.line(false, Optional.of("user-" + i)), 1);
            }
            return () -> {
                for (int i = n - 1; i >= 0; i--) {
                    held.removeOldestOfUser("user-" + i).ifPresent(line -> held.add(line, 1));
                }
            };
        });
    }

    @Test
    void tabBelongsToTheLineThatOpenedItUntilItIsClosed() {
        Line one = open(Optional.empty(), Optional.empty());
        Line other = open(Optional.empty(), Optional.empty());

        assertThat(lines().openTab(one, "tab-1", false)).isEqualTo(TabOpening.OPENED);
        assertThat(lines().openTab(one, "tab-1", false)).isEqualTo(TabOpening.KNOWN);
        assertThat(lines().openTab(other, "tab-1", false)).isEqualTo(TabOpening.TAKEN);
        assertThat(lines().findByTab("tab-1")).contains(one);
        lines().closeTab(other, "tab-1");
        assertThat(lines().findByTab("tab-1")).contains(one);
        lines().closeTab(one, "tab-1");
        assertThat(lines().openTab(other, "tab-1", false)).isEqualTo(TabOpening.OPENED);
        assertThat(fixture.events.events).endsWith("opened tab-1", "closed tab-1", "opened tab-1");
    }

    @Test
    void tabWhoseIdBelongsToASecretIsOpenedOnlyForWhoKnowsItAndMovedOnlyBetweenLinesOfOneUser() {
        String tab = TabIds.derive("secret");
        Line one = open(ANN, Optional.empty());
        Line another = open(ANN, Optional.empty());
        Line bobs = open(Optional.of("bob"), Optional.empty());

        assertThat(lines().openTab(one, tab, false)).isEqualTo(TabOpening.TAKEN);
        assertThat(lines().openPlainTab(one, tab)).isEqualTo(TabOpening.TAKEN);
        assertThat(lines().openTab(one, tab, true)).isEqualTo(TabOpening.OPENED);
        one.confirm();
        assertThat(lines().openTab(one, tab, false)).isEqualTo(TabOpening.KNOWN);
        assertThat(lines().openTab(bobs, tab, true)).isEqualTo(TabOpening.TAKEN);
        assertThat(lines().openTab(another, tab, false)).isEqualTo(TabOpening.TAKEN);
        assertThat(lines().findByTab(tab)).contains(one);

        assertThat(lines().openTab(another, tab, true)).isEqualTo(TabOpening.OPENED);
        assertThat(lines().findByTab(tab)).contains(another);
        assertThat(one.tabs()).isEmpty();
        assertThat(lines().tabCount()).isEqualTo(1);

        lines().closeTab(another, tab);
        assertThat(lines().openTab(bobs, tab, false)).as("after the line of the tab too").isEqualTo(TabOpening.TAKEN);
    }

    @Test
    void tabOfALineWhoseClientMayNotKnowItIsMovedWithItsSecretToAnotherUserToo() {
        String tab = TabIds.derive("secret");
        Line lost = open(Optional.empty(), Optional.empty());
        Line anns = open(ANN, Optional.empty());
        lines().openTab(lost, tab, true);

        assertThat(lines().openTab(anns, tab, false)).isEqualTo(TabOpening.TAKEN);
        assertThat(lines().openTab(anns, tab, true)).isEqualTo(TabOpening.OPENED);
        assertThat(lost.tabs()).isEmpty();
    }

    @Test
    void fullLineTakesNoTabFromAnother() {
        fixture.limits.tabs = 1;
        Line one = open(ANN, Optional.empty());
        Line full = open(ANN, Optional.empty());
        lines().openTab(full, "a", false);
        lines().openTab(one, TabIds.derive("secret"), true);

        assertThat(lines().openTab(full, TabIds.derive("secret"), true)).isEqualTo(TabOpening.TOO_MANY);
        assertThat(lines().findByTab(TabIds.derive("secret"))).contains(one);
    }

    @Test
    void tabOfAPageOfThePostIsKnownOnItsLineAloneAndNothingCanBeAddressedToIt() {
        Line one = open(Optional.empty(), Optional.empty());
        Line plain = lines().open(true, CallerFacts.NONE, Optional.empty()).line().orElseThrow();

        assertThat(lines().openPlainTab(plain, "Tab2")).isEqualTo(TabOpening.OPENED);
        assertThat(lines().openPlainTab(one, "Tab2")).isEqualTo(TabOpening.OPENED);
        assertThat(lines().openPlainTab(one, "Tab2")).isEqualTo(TabOpening.KNOWN);
        assertThat(lines().findByTab("Tab2")).isEmpty();
        assertThat(plain.tabs()).containsExactly("Tab2");
        assertThat(lines().tabCount()).isEqualTo(2);
        assertThat(plain.callerTab("Tab2")).isEqualTo("Tab2");

        Line other = open(Optional.empty(), Optional.empty());
        assertThat(lines().openTab(other, "Tab2", false)).as("a message to it may be meant for one of those lines").isEqualTo(TabOpening.TAKEN);
        assertThat(lines().findByTab("Tab2")).isEmpty();
        lines().closeTab(plain, "Tab2");
        assertThat(lines().openTab(one, "Tab2", false)).as("it is a tab of this line alone").isEqualTo(TabOpening.OPENED);
        assertThat(lines().findByTab("Tab2")).contains(one);
        lines().closeTab(one, "Tab2");
        assertThat(lines().tabCount()).isZero();

        assertThat(lines().openTab(other, "Tab2", false)).isEqualTo(TabOpening.OPENED);
        assertThat(lines().openPlainTab(plain, "Tab2")).as("whoever has announced the id").isEqualTo(TabOpening.OPENED);
        assertThat(plain.callerTab("Tab2")).as("a message to it must not reach the other line").isEqualTo("Tab2@" + plain.id());
        assertThat(other.callerTab("Tab2")).isEqualTo("Tab2");
        lines().closeTab(plain, "Tab2");
        assertThat(lines().tabCount()).isOne();
    }

    @Test
    void tabsAreBoundedPerLine() {
        fixture.limits.tabs = 2;
        Line line = open(Optional.empty(), Optional.empty());
        lines().openTab(line, "a", false);
        lines().openTab(line, "b", false);

        assertThat(lines().openTab(line, "c", false)).isEqualTo(TabOpening.TOO_MANY);
        assertThat(lines().openTab(line, "b", false)).isEqualTo(TabOpening.KNOWN);
        lines().closeTab(line, "a");
        assertThat(lines().openTab(line, "c", false)).isEqualTo(TabOpening.OPENED);
    }

    @Test
    void tabsAreClosedWithTheirLine() {
        Line line = open(Optional.empty(), Optional.empty());
        lines().openTab(line, "a", false);
        lines().openTab(line, "b", false);
        drop(line);
        assertThat(lines().tabCount()).as("a held line keeps its tabs").isEqualTo(2);

        for (int second = 0; second < 180; second++) {
            fixture.clock.forward(Duration.ofSeconds(1));
            passes();
        }
        assertThat(lines().tabCount()).isZero();
        assertThat(fixture.events.events).contains("closed a", "closed b").last().isEqualTo("removed");
        assertThat(lines().openTab(line, "c", false)).as("no tab is opened on a removed line").isEqualTo(TabOpening.TAKEN);
        assertThat(lines().tabCount()).isZero();
    }

    @Test
    void stopSendsByeOnEveryLineAndClosesEverySocket() throws InterruptedException {
        List<FakeSocket> sockets = new ArrayList<>();
        lines().start();
        for (int i = 0; i < 50; i++) {
            FakeSocket socket = fixture.socket();
            Line line = lines().open(false, CallerFacts.NONE, Optional.empty()).line().orElseThrow();
            line.attach(line.newConnection(socket, false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
            sockets.add(socket);
        }
        await().until(() -> sockets.stream().noneMatch(socket -> socket.messages.isEmpty()));
        lines().stop();

        assertThat(sockets).allSatisfy(socket -> {
            assertThat(socket.newFrames()).last().asString().contains("$bye", "4000", "after");
            assertThat(socket.closed).contains(CloseCode.SHUTTING_DOWN);
        });
        assertThat(Thread.getAllStackTraces().keySet()).noneMatch(thread -> thread.getName().startsWith("partyline-event-loop"));
    }

    private LineRegistry lines() {
        return fixture.lines();
    }

    private Line open(Optional<String> user, Optional<String> address) {
        Line line = opened(user, address);
        attach(line);
        return line;
    }

    private Line opened(Optional<String> user, Optional<String> address) {
        Line line = lines().open(false, CallerFacts.ofUser(user), address).line().orElseThrow();
        open.add(line);
        return line;
    }

    private CloseCode refusal(Optional<String> user, Optional<String> address) {
        LineRegistry.Opening opening = lines().open(false, CallerFacts.ofUser(user), address);
        assertThat(opening.line()).isEmpty();
        return opening.rejection();
    }

    private LineConnection attach(Line line) {
        LineConnection connection = line.newConnection(new FakeSocket(), false);
        line.attach(connection, new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        passes();
        return connection;
    }

    /** Attaches another connection to the line, and drops it. */
    private void drop(Line line) {
        assertThat(line.reserve()).isTrue();
        LineConnection connection = attach(line);
        line.onSocketClosed(connection, false);
        passes();
    }

    private Optional<Line> resume(Line line, String key, Optional<String> user) {
        return lines().resume(new Frame.Resume(line.id(), key, 0), CallerFacts.ofUser(user));
    }

    private void passes() {
        open.forEach(line -> {
            line.loop().adoptCurrentThread();
            while (line.loop().runOnce()) {
                // There may be more by now.
            }
        });
    }
}
