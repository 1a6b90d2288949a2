package dev.partyline.topic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.testing.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TopicRegistryTest {

    private static final Duration IDLE = Duration.ofMinutes(4);

    private final Clock clock = new Clock();
    private final RetainedMemory memory = new RetainedMemory(1 << 20);
    private final TopicRegistry topics = new TopicRegistry(Retention.history(2, 1000, Duration.ofMinutes(5)), 3, Duration.ofMinutes(5), clock, memory);

    @Test
    void aTopicIsMadeOnceAndFoundAgain() {
        assertThat(topics.get("a").orElseThrow()).isSameAs(topics.get("a").orElseThrow());
        assertThat(topics.count()).isEqualTo(1);
    }

    @Test
    void topicsAreBoundedAndThoseThatAreThereStayOpen() {
        topics.get("a");
        topics.get("b");
        topics.get("c");

        assertThat(topics.get("d")).isEmpty();
        assertThat(topics.listen("d", topic -> () -> { })).isEmpty();
        assertThat(topics.get("a")).isPresent();
        assertThat(topics.listen("a", topic -> () -> { })).isPresent();
    }

    @Test
    void eachLifeOfATopicHasAnEpochOfItsOwn() {
        Set<String> epochs = new HashSet<>();
        for (int i = 0; i < 1000; i++) {
            epochs.add(topics.get("a").orElseThrow().end().epoch());
            clock.forward(IDLE.plusNanos(1));
            topics.sweep(IDLE);
        }

        assertThat(epochs).hasSize(1000);
    }

    @Test
    void aStateThatNobodyHearsIsKept() {
        topics.retain("state", Retention.latest());
        topics.get("state").orElseThrow().publish(Publisher.APPLICATION, "\"value\":1", clock.getAsLong());

        clock.forward(IDLE.multipliedBy(100));
        topics.sweep(IDLE);

        assertThat(topics.count()).isEqualTo(1);
    }

    @Test
    void aTopicThatNobodyUsesIsForgottenAfterItsTimeAndNotBefore() {
        topics.get("a");
        clock.forward(IDLE);
        topics.sweep(IDLE);
        assertThat(topics.count()).isEqualTo(1);

        clock.forward(Duration.ofNanos(1));
        topics.sweep(IDLE);
        assertThat(topics.count()).isZero();
    }

    @Test
    void aTopicThatSomebodyHearsIsKeptForEverAndForItsTimeAfterwards() {
        Topic.Listener listener = topics.listen("a", topic -> () -> { }).orElseThrow();
        Topic topic = topics.get("a").orElseThrow();
        clock.forward(IDLE.multipliedBy(100));
        topics.sweep(IDLE);
        assertThat(topics.count()).isEqualTo(1);

        topic.unlisten(listener, clock.getAsLong());
        clock.forward(IDLE);
        topics.sweep(IDLE);
        assertThat(topics.get("a").orElseThrow()).isSameAs(topic);

        clock.forward(Duration.ofNanos(1));
        topics.sweep(IDLE);
        assertThat(topics.count()).isZero();
    }

    @Test
    void whatIsTooOldGoesWithTheSweep() {
        Topic topic = topics.get("a").orElseThrow();
        topics.listen("a", found -> () -> { });
        topic.publish(Publisher.APPLICATION, "\"value\":1", clock.getAsLong());
        clock.forward(Duration.ofMinutes(6));
        topics.sweep(IDLE);

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
        Topic before = topics.get("a").orElseThrow();
        topics.retain("*", Retention.latest());

        assertThat(topics.get("a").orElseThrow()).isSameAs(before);
        assertThat(late("a").texts()).hasSize(2);
    }

    @Test
    void aRetentionThatKeepsNothingIsNone() {
        assertThatIllegalArgumentException().isThrownBy(() -> Retention.history(0, 1, Duration.ofSeconds(1))).withMessageContaining("0 messages");
        assertThatIllegalArgumentException().isThrownBy(() -> Retention.history(1, 1, Duration.ZERO));
    }

    /** What somebody reads who has missed three messages. */
    private TopicLog.ReadResult late(String name) {
        Topic topic = topics.get(name).orElseThrow();
        for (int i = 0; i < 3; i++) {
            topic.publish(Publisher.APPLICATION, "\"value\":1", clock.getAsLong());
        }
        return topic.read(0, 1000);
    }
}
