package dev.partyline.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.testing.Clock;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class TopicRegistryTest {


    private final Clock clock = new Clock();
    private final RetainedMemory memory = new RetainedMemory(1 << 20);
    private final Counters counters = new Counters();
    private final TopicRegistry topics = topics(new TopicQuotas(3, 3, 3, 3));

    @Test
    void aTopicIsMadeOnceAndFoundAgain() {
        assertThat(get("a")).isSameAs(get("a"));
        assertThat(topics.count()).isEqualTo(1);
    }

    @Test
    void topicsAreBoundedAndThoseThatAreThereStayOpen() {
        publish("a", TopicOwner.SERVER);
        publish("b", TopicOwner.SERVER);
        publish("c", TopicOwner.SERVER);

        assertThat(publish("d", TopicOwner.SERVER)).isEmpty();
        assertThat(listen("d", TopicOwner.SERVER)).isEmpty();
        assertThat(publish("a", TopicOwner.SERVER)).isPresent();
        assertThat(listen("a", TopicOwner.SERVER)).isPresent();
        assertThat(counters.hits(Limit.LOGS)).isEqualTo(2);
    }

    @Test
    void topicsOfTheServerItselfAreNeverRefusedAndDoNotCount() {
        TopicOwner ann = client("ann", "192.0.2.1");
        for (int i = 0; i < 20; i++) {
            assertThat(listen(TopicRegistry.ofUser("user" + i), ann)).isPresent();
        }
        assertThat(listen(TopicRegistry.EVERYONE, ann)).isPresent();
        for (String name : List.of("a", "b", "c")) {
            assertThat(publish(name, TopicOwner.SERVER)).isPresent();
        }
        assertThat(publish(TopicRegistry.EVERYONE, ann)).isPresent();
        assertThat(publish(TopicRegistry.ofUser("late"), ann)).isPresent();
    }

    @Test
    void topicThatNoOneHearsAndThatHoldsNothingIsNotThere() {
        for (int i = 0; i < 1000; i++) {
            topics.endOf("t" + i);
            Topic.Listener listener = listen("t" + i, client("ann", "192.0.2.1")).orElseThrow();
            topics.unlisten(get("t" + i), listener);
        }

        assertThat(topics.count()).isZero();
    }

    @Test
    void aLineAndAnAddressHaveAShareOfTheTopicsThatTheyCreate() {
        TopicRegistry shared = topics(new TopicQuotas(10, 2, 3, 3));
        TopicOwner ann = client("ann", "192.0.2.1");
        TopicOwner bob = client("bob", "192.0.2.1");
        TopicOwner eve = client("eve", "192.0.2.2");

        assertThat(List.of(listens(shared, "a", ann), listens(shared, "b", ann), listens(shared, "c", ann))).as("per line").containsExactly(true, true, false);
        assertThat(List.of(listens(shared, "c", bob), listens(shared, "d", bob))).as("per address").containsExactly(true, false);
        assertThat(listens(shared, "a", bob)).as("a topic that exists").isTrue();
        assertThat(List.of(listens(shared, "d", eve), listens(shared, "e", eve))).as("another address").containsExactly(true, true);
        assertThat(counters.hits(Limit.LOGS_PER_LINE)).isEqualTo(1);
        assertThat(counters.hits(Limit.LOGS_PER_ADDRESS)).isEqualTo(1);
    }

    @Test
    void aUserHasAShareOfTheTopicsFromWhicheverAddressTheyAreCreated() {
        TopicRegistry shared = new TopicRegistry(Retention.latest(), new TopicQuotas(10, 2, 3, 10), Duration.ofMinutes(5), clock, counters, memory);
        TopicOwner home = new TopicOwner(Optional.of("line-1"), Optional.of("ann"), Optional.of("192.0.2.1"));
        TopicOwner work = new TopicOwner(Optional.of("line-2"), Optional.of("ann"), Optional.of("192.0.2.2"));
        TopicOwner bob = new TopicOwner(Optional.of("line-3"), Optional.of("bob"), Optional.of("192.0.2.2"));
        Topic.Listener first = shared.listen("a", home, topic -> () -> { }).orElseThrow();

        assertThat(List.of(listens(shared, "b", home), listens(shared, "c", work), listens(shared, "d", work))).containsExactly(true, true, false);
        assertThat(listens(shared, "d", bob)).as("another user").isTrue();
        assertThat(counters.hits(Limit.LOGS_PER_USER)).isEqualTo(1);

        shared.unlisten(shared.use("a", home, Function.identity()).orElseThrow(), first);
        assertThat(listens(shared, "e", work)).isTrue();
    }

    @Test
    void shareIsFreeAgainWithTheTopic() {
        TopicRegistry shared = topics(new TopicQuotas(1, 1, 1, 1));
        TopicOwner ann = client("ann", "192.0.2.1");
        for (int i = 0; i < 100; i++) {
            String name = "t" + i;
            Topic.Listener listener = shared.listen(name, ann, topic -> () -> { }).orElseThrow();
            assertThat(listens(shared, "other", ann)).isFalse();
            shared.unlisten(shared.use(name, ann, Function.identity()).orElseThrow(), listener);
        }

        assertThat(listens(shared, "other", ann)).isTrue();
    }

    @Test
    void positionInATopicThatWasNeverPublishedToMissesNothing() {
        Position before = topics.endOf("a");
        topics.unlisten(get("a"), listen("a", TopicOwner.SERVER).orElseThrow());

        assertThat(get("a").join(Optional.of(before))).isEqualTo(new Joined(before, false, 0));
        publish("a", TopicOwner.SERVER);
        assertThat(get("a").join(Optional.of(before))).isEqualTo(new Joined(before, false, 1));
        assertThat(get("a").end()).isEqualTo(new Position(before.epoch(), 1));
    }

    @Test
    void topicWhoseMessagesHaveExpiredIsGoneAndGoesOnAfterThem() {
        publish("a", TopicOwner.SERVER);
        Position first = topics.endOf("a");
        Position last = publish("a", TopicOwner.SERVER).orElseThrow();
        clock.forward(Duration.ofMinutes(5).plusNanos(1));
        topics.sweep();

        assertThat(topics.count()).isZero();
        assertThat(topics.endOf("a")).isEqualTo(last);
        assertThat(get("a").join(Optional.of(last))).as("of a reader that has received all").isEqualTo(new Joined(last, false, 2));
        assertThat(get("a").join(Optional.of(first))).as("of a reader that has not").isEqualTo(new Joined(last, true, 2));
        assertThat(publish("a", TopicOwner.SERVER)).contains(new Position(last.epoch(), 3));
    }

    @Test
    void noPositionMeansTwoMessagesOfATopic() {
        Set<Position> positions = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            publish("b" + i % 7, TopicOwner.SERVER);
            positions.add(publish("a", TopicOwner.SERVER).orElseThrow());
            clock.forward(Duration.ofMinutes(5).plusNanos(1));
            topics.sweep();
        }

        assertThat(positions).hasSize(1000);
    }

    @Test
    void shareOfTheTopicsIsFreeWhenTheMessagesHaveExpired() {
        TopicRegistry shared = topics(new TopicQuotas(10, 1, 10, 10));
        TopicOwner ann = client("ann", "192.0.2.1");
        shared.use("a", ann, topic -> topic.publish(Publisher.APPLICATION, "\"value\":1", clock.getAsLong()));
        assertThat(listens(shared, "b", ann)).isFalse();

        clock.forward(Duration.ofMinutes(5).plusNanos(1));
        shared.sweep();

        assertThat(listens(shared, "b", ann)).isTrue();
    }

    @Test
    void registriesHaveDifferentEpochs() {
        assertThat(topics(new TopicQuotas(1, 1, 1, 1)).endOf("a").epoch()).isNotEqualTo(topics.endOf("a").epoch());
    }

    /** Its messages could not be read by anyone. */
    @Test
    void topicWithoutHistoryAndListenersIsNotKept() {
        topics.retain("none", Retention.none(10, 1000));
        Position at = publish("none", TopicOwner.SERVER).orElseThrow();
        topics.sweep();

        assertThat(topics.count()).isZero();
        assertThat(get("none").join(Optional.of(new Position(at.epoch(), 0))).gap()).isTrue();
    }

    @Test
    void topicThatRemembersAKeyIsKept() {
        topics.retain("none", Retention.none(10, 1000));
        Position at = once("none").orElseThrow();
        topics.sweep();
        assertThat(once("none")).contains(at);

        clock.forward(Duration.ofMinutes(5).plusNanos(1));
        topics.sweep();
        assertThat(topics.count()).isZero();
    }

    @Test
    void nothingIsLostToAListenerThatComesWhileTheTopicIsRemoved() throws InterruptedException {
        AtomicBoolean done = new AtomicBoolean();
        Thread leaver = new Thread(() -> {
            while (!done.get()) {
                Topic[] topic = new Topic[1];
                Topic.Listener listener = topics.listen("a", TopicOwner.SERVER, found -> {
                    topic[0] = found;
                    return () -> { };
                }).orElseThrow();
                topics.unlisten(topic[0], listener);
                topics.sweep();
            }
        });
        leaver.setDaemon(true);
        leaver.start();
        topics.retain("a", Retention.none(10, 1000));
        for (int i = 0; i < 20_000; i++) {
            AtomicInteger heard = new AtomicInteger();
            Topic[] topic = new Topic[1];
            Topic.Listener listener = topics.listen("a", TopicOwner.SERVER, found -> {
                topic[0] = found;
                return heard::incrementAndGet;
            }).orElseThrow();
            publish("a", TopicOwner.SERVER);
            assertThat(heard).hasValue(1);
            topics.unlisten(topic[0], listener);
        }
        done.set(true);
        leaver.join();
    }

    @Test
    void aStateThatNobodyHearsIsKept() {
        topics.retain("state", Retention.latest());
        publish("state", TopicOwner.SERVER);

        clock.forward(Duration.ofDays(1));
        topics.sweep();

        assertThat(topics.count()).isEqualTo(1);
    }

    @Test
    void topicIsKeptAsLongAsItHoldsAMessageAndNoLonger() {
        publish("a", TopicOwner.SERVER);
        clock.forward(Duration.ofMinutes(5));
        topics.sweep();
        assertThat(topics.count()).isEqualTo(1);

        clock.forward(Duration.ofNanos(1));
        topics.sweep();
        assertThat(topics.count()).isZero();
    }

    @Test
    void topicWithAListenerIsKeptWithoutMessages() {
        Topic.Listener listener = listen("a", TopicOwner.SERVER).orElseThrow();
        publish("a", TopicOwner.SERVER);
        Topic topic = get("a");
        clock.forward(Duration.ofDays(1));
        topics.sweep();
        assertThat(get("a")).isSameAs(topic);

        topics.unlisten(topic, listener);
        topics.sweep();
        assertThat(topics.count()).isZero();
    }

    @Test
    void whatIsTooOldGoesWithTheSweep() {
        Topic topic = get("a");
        listen("a", TopicOwner.SERVER);
        topic.publish(Publisher.APPLICATION, "\"value\":1", clock.getAsLong());
        clock.forward(Duration.ofMinutes(6));
        topics.sweep();

        assertThat(topic.read(0, 100).texts()).isEmpty();
    }

    @Test
    void theLatestRuleThatFitsSaysWhatIsKept() {
        topics.retain("a.*", Retention.latest());
        topics.retain("a.b", Retention.history(1, 1000, Duration.ofMinutes(1)));
        topics.retain("a.b.*", Retention.none(1, 1000));

        assertThat(late("a.c").gap()).as("latest").isFalse();
        assertThat(late("a.b").gap()).as("history").isTrue();
        assertThat(late("a.b.c").texts()).as("none, under way").hasSize(1);
    }

    /** At the next topic that is made it would be too late: that is in the middle of somebody's handshake. */
    @Test
    void aRuleThatIsNoneIsRefusedWhereItIsGiven() {
        assertThatNullPointerException().isThrownBy(() -> topics.retain(null, Retention.latest())).withMessage("pattern");
        assertThatNullPointerException().isThrownBy(() -> topics.retain("a", null)).withMessage("retention");
    }

    @Test
    void aRuleIsForTopicsMadeFromThenOn() {
        Topic before = get("a");
        topics.retain("*", Retention.latest());

        assertThat(get("a")).isSameAs(before);
        assertThat(late("a").texts()).hasSize(2);
    }

    @Test
    void aRetentionThatKeepsNothingIsNone() {
        assertThatIllegalArgumentException().isThrownBy(() -> Retention.history(0, 1, Duration.ofSeconds(1))).withMessageContaining("0 messages");
        assertThatIllegalArgumentException().isThrownBy(() -> Retention.history(1, 1, Duration.ZERO));
    }

    /** What somebody reads who has missed three messages. */
    private TopicLog.ReadResult late(String name) {
        Topic topic = get(name);
        for (int i = 0; i < 3; i++) {
            topic.publish(Publisher.APPLICATION, "\"value\":1", clock.getAsLong());
        }
        return topic.read(0, 1000);
    }

    private TopicRegistry topics(TopicQuotas quotas) {
        return new TopicRegistry(Retention.history(2, 1000, Duration.ofMinutes(5)), quotas, Duration.ofMinutes(5), clock, counters, memory);
    }

    private static TopicOwner client(String line, String address) {
        return new TopicOwner(Optional.of(line), Optional.empty(), Optional.of(address));
    }

    private Topic get(String name) {
        return topics.use(name, TopicOwner.SERVER, Function.identity()).orElseThrow();
    }

    private Optional<Position> publish(String name, TopicOwner by) {
        return topics.use(name, by, topic -> topic.publish(Publisher.APPLICATION, "\"value\":1", clock.getAsLong()));
    }

    private Optional<Position> once(String name) {
        return topics.use(name, TopicOwner.SERVER, topic -> topic.publishOnce(Publisher.APPLICATION, "ann", "key", "1", "\"value\":1", clock.getAsLong()));
    }

    private Optional<Topic.Listener> listen(String name, TopicOwner by) {
        return topics.listen(name, by, topic -> () -> { });
    }

    private static boolean listens(TopicRegistry topics, String name, TopicOwner by) {
        return topics.listen(name, by, topic -> () -> { }).isPresent();
    }
}
