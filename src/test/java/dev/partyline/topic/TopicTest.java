package dev.partyline.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.testing.Clock;
import dev.partyline.testing.Golden;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TopicTest {

    private static final String EPOCH = "e1";
    private static final Duration KEYS = Duration.ofMinutes(5);

    private final Clock clock = new Clock();
    private final RetainedMemory memory = new RetainedMemory(1 << 20);
    private final Topic history = topic(Retention.history(3, 10_000, Duration.ofMinutes(5)));
    private final Topic latest = topic(Retention.latest());
    private final Topic none = topic(Retention.none(3, 10_000));

    @Test
    void aMessageCarriesItsTopicAndItsPosition() {
        assertThat(publish(history, "\"a\"")).isEqualTo(at(1));

        assertThat(Golden.parse(history.read(0, 100).texts()[0])).isEqualTo(Golden.parse("{\"topic\":\"t\",\"at\":[\"e1\",1],\"value\":\"a\"}"));
    }

    @Test
    void whoJoinsWithoutAPositionStartsNow() {
        publish(history, "1", "2");

        assertThat(history.join(Optional.empty())).isEqualTo(new Joined(at(2), false, 2));
        assertThat(history.end()).isEqualTo(at(2));
    }

    @Test
    void whoJoinsAtAPositionStillKeptMissesNothing() {
        publish(history, "1", "2", "3", "4");

        assertThat(join(history, 1)).isEqualTo(new Joined(at(1), false, 4));
        assertThat(join(history, 3)).isEqualTo(new Joined(at(3), false, 4));
        assertThat(join(history, 4)).isEqualTo(new Joined(at(4), false, 4));
    }

    @Test
    void whoJoinsBeforeWhatIsKeptIsToldOfAGap() {
        publish(history, "1", "2", "3", "4");

        assertThat(join(history, 0)).isEqualTo(new Joined(at(1), true, 4));
    }

    @Test
    void whoJoinsWithThePositionOfAnotherLifeIsToldOfAGapAndGetsAllThereIs() {
        publish(history, "1", "2");

        assertThat(history.join(Optional.of(new Position("other", 1)))).isEqualTo(new Joined(at(0), true, 2));
        assertThat(join(history, 3)).as("not yet reached").isEqualTo(new Joined(at(0), true, 2));
    }

    @Test
    void whoIsLateForAStateGetsTheLatestAndNoGap() {
        publish(latest, "1", "2", "3");

        assertThat(join(latest, 0)).isEqualTo(new Joined(at(2), false, 3));
        assertThat(latest.read(0, 100).gap()).isFalse();
        assertThat(latest.read(0, 100).texts()).hasSize(1);
        assertThat(join(latest, 3)).isEqualTo(new Joined(at(3), false, 3));
    }

    @Test
    void aStateDoesNotAge() {
        publish(latest, "1");
        clock.forward(Duration.ofDays(3650));
        latest.trimAged(clock.getAsLong());

        assertThat(latest.read(0, 100).texts()).hasSize(1);
    }

    @Test
    void aStateOfAnotherLifeIsAGap() {
        publish(latest, "1");

        assertThat(latest.join(Optional.of(new Position("other", 1)))).isEqualTo(new Joined(at(0), true, 1));
    }

    @Test
    void whoIsLateWhereNothingIsKeptGetsNothingButAGap() {
        publish(none, "1", "2");

        assertThat(join(none, 1)).isEqualTo(new Joined(at(2), true, 2));
        assertThat(join(none, 2)).isEqualTo(new Joined(at(2), false, 2));
        assertThat(none.join(Optional.of(new Position("other", 1)))).isEqualTo(new Joined(at(2), true, 2));
    }

    @Test
    void whereNothingIsKeptASlowListenerStillHearsWhatIsUnderWay() {
        publish(none, "1", "2", "3");

        assertThat(none.read(0, 1000).texts()).hasSize(3);
        assertThat(none.read(0, 1000).gap()).isFalse();

        clock.forward(Duration.ofSeconds(6));
        none.trimAged(clock.getAsLong());
        assertThat(none.read(0, 1000).texts()).isEmpty();
        assertThat(none.read(0, 1000).gap()).isTrue();
    }

    @Test
    void listenersAreToldOfEachPublishUntilTheyLeave() {
        AtomicInteger grown = new AtomicInteger();
        Topic.Listener listener = grown::incrementAndGet;
        history.listen(listener);
        publish(history, "1");
        history.publishOnce(Publisher.APPLICATION, "ann", "k", "2", "\"value\":2", clock.getAsLong());
        assertThat(grown).hasValue(2);

        history.unlisten(listener);
        publish(history, "3");
        assertThat(grown).hasValue(2);
    }

    @Test
    void aListenerFindsTheMessageItIsToldOf() {
        long[] seen = {0};
        history.listen(() -> seen[0] = history.end().offset());
        publish(history, "1");

        assertThat(seen[0]).isEqualTo(1);
    }

    @Test
    void aRepeatedKeyIsAppendedOnce() {
        AtomicInteger grown = new AtomicInteger();
        history.listen(grown::incrementAndGet);

        assertThat(once("k1")).isEqualTo(at(1));
        assertThat(once("k2")).isEqualTo(at(2));
        assertThat(once("k1")).isEqualTo(at(1));
        assertThat(history.end()).isEqualTo(at(2));
        assertThat(grown).hasValue(2);
    }

    @Test
    void aKeyIsForgottenAfterItsTimeAndNotBefore() {
        once("k");
        clock.forward(KEYS);
        assertThat(once("k")).isEqualTo(at(1));

        clock.forward(Duration.ofNanos(1));
        assertThat(once("k")).isEqualTo(at(2));
    }

    @Test
    void keysAreBoundedAndTheOldestGoesFirst() {
        for (int i = 1; i <= 1025; i++) {
            once("k" + i);
        }

        assertThat(once("k1025")).isEqualTo(at(1025));
        assertThat(once("k2")).isEqualTo(at(2));
        assertThat(once("k1")).isEqualTo(at(1026));
    }

    @Test
    void aKeyIsItsPublishersOwn() {
        assertThat(once("ann", "order-17", "1")).isEqualTo(at(1));
        assertThat(once("mallory", "order-17", "2")).isEqualTo(at(2));
        assertThat(once("ann1", "7", "1")).isEqualTo(at(3));
        assertThat(once("ann", "17", "3")).as("not the one of ann1").isEqualTo(at(4));
        assertThat(once("ann", "order-17", "1")).isEqualTo(at(1));
    }

    @Test
    void aKeyThatComesAgainWithAnotherBodyIsAConflictAndAppendsNothing() {
        once("ann", "k", "1");

        assertThatThrownBy(() -> once("ann", "k", "2")).isInstanceOf(KeyConflictException.class);
        assertThat(history.end()).isEqualTo(at(1));
        assertThat(once("ann", "k", "1")).isEqualTo(at(1));
    }

    @Test
    void aPublisherOfManyKeysMakesTheTopicForgetItsOwnKeysOnly() {
        once("ann", "order-17", "1");
        for (int i = 1; i <= 3 * IdempotencyKeys.MAX_KEYS; i++) {
            once("mallory", "k" + i, "2");
        }

        assertThat(once("ann", "order-17", "1")).isEqualTo(at(1));
        assertThat(once("mallory", "k1", "2").offset()).isGreaterThan(3 * IdempotencyKeys.MAX_KEYS);
    }

    /** A client without a user is another publisher in each of its tabs, and may open and close any number of tabs. */
    @Test
    void manyPublishersOfOneAddressMakeTheTopicForgetTheirOwnKeysOnly() {
        Publisher victim = new Publisher("address 192.0.2.1");
        Publisher attacker = new Publisher("address 192.0.2.2");
        once(victim, "tab a", "order-17");
        once(victim, "tab a", "order-18");
        for (int i = 1; i <= 3 * IdempotencyKeys.MAX_KEYS; i++) {
            once(attacker, "tab " + i, "k");
        }

        assertThat(once(victim, "tab a", "order-17")).isEqualTo(at(1));
        assertThat(once(victim, "tab a", "order-18")).isEqualTo(at(2));
    }

    @Test
    void aClientThatKnowsNoTopicsHearsTheMembersAlone() {
        publish(history, "\"],[\"");

        assertThat(history.plain(history.read(0, 100).texts()[0])).isEqualTo("{\"value\":\"],[\"}");
    }

    @Test
    void memoryOfAKeyCountsWhileItIsRemembered() {
        once("key");
        long message = memory.bytes() - RetainedMemory.KEY_BYTES - 8;
        assertThat(message).isEqualTo(RetainedMemory.MESSAGE_BYTES + history.read(0, 100).texts()[0].length());
        history.trim((publisher, appendedAt) -> false);
        once("key");
        assertThat(memory.bytes()).isEqualTo(message + RetainedMemory.KEY_BYTES + 8);

        history.trim((publisher, appendedAt) -> true);
        assertThat(memory.bytes()).isZero();
        once("key");
        assertThat(memory.bytes()).isEqualTo(message + RetainedMemory.KEY_BYTES + 8);
        clock.forward(KEYS.plusNanos(1));
        once("other");
        assertThat(memory.bytes()).as("the key has expired, and so has the message").isEqualTo(message + RetainedMemory.KEY_BYTES + 10);
        history.discard();
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void stateOutlivesATrim() {
        publish(latest, "1", "2");
        latest.trim((publisher, appendedAt) -> true);

        assertThat(latest.read(0, 100).texts()).hasSize(1);
    }

    private Topic topic(Retention retention) {
        return new Topic("t", new Position(EPOCH, 0), retention, KEYS.toNanos(), memory);
    }

    private Position once(String key) {
        return once("ann", key, "1");
    }

    private Position once(String keyOwner, String key, String value) {
        return history.publishOnce(new Publisher("user " + keyOwner), keyOwner, key, value, "\"value\":" + value, clock.getAsLong());
    }

    private Position once(Publisher publisher, String keyOwner, String key) {
        return history.publishOnce(publisher, keyOwner, key, "1", "\"value\":1", clock.getAsLong());
    }

    private Position publish(Topic topic, String... values) {
        Position last = null;
        for (String value : values) {
            last = topic.publish(Publisher.APPLICATION, FrameWriter.members(Optional.empty(), Optional.empty(), value), clock.getAsLong());
        }
        return last;
    }

    private static Joined join(Topic topic, long offset) {
        return topic.join(Optional.of(at(offset)));
    }

    private static Position at(long offset) {
        return new Position(EPOCH, offset);
    }
}
