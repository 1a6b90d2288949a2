package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.line.MemoryTrimmer.AgeTable;
import dev.partyline.stats.Limit;
import dev.partyline.topic.Publisher;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** Who loses what when the memory for messages is nearly used up. */
class MemoryTrimmerTest {

    private static final int MAX = 100_000;
    private static final String KILOBYTE = "\"value\":\"" + "x".repeat(850) + '"';

    private final RetainedMemory memory = new RetainedMemory(MAX);
    private final EventLoopFixture fixture = new EventLoopFixture(memory);
    private final LineRegistry registry = registry();
    private final MemoryTrimmer trimmer = new MemoryTrimmer(fixture.topics, registry, fixture.counters, fixture.clock);
    private final List<Line> lines = new ArrayList<>();

    @Test
    void publisherWithTheMostLosesItsOldestMessagesFirst() {
        Publisher small = new Publisher("user ann");
        Publisher large = new Publisher("user bob");
        publish(small, "small", 5);
        publish(large, "large", 95);
        trimmer.trim();

        assertThat(memory.bytes()).isBetween(MAX / 2L, memory.trimTo());
        assertThat(retained("small")).isEqualTo(5);
        assertThat(topicStart("large")).isEqualTo(95 - retained("large"));
        assertThat(fixture.counters.hits(Limit.MEMORY)).isEqualTo(1);
    }

    @Test
    void nothingIsTrimmedUnlessItIsNeeded() {
        publish(new Publisher("user bob"), "t", 80);
        trimmer.trim();

        assertThat(retained("t")).isEqualTo(80);
    }

    /** In many topics, of which each has little. */
    @Test
    void publisherOfManyTopicsIsOnePublisher() {
        Publisher large = new Publisher("user bob");
        publish(new Publisher("user ann"), "small", 20);
        for (int i = 0; i < 75; i++) {
            publish(large, "large-" + i, 1);
        }
        trimmer.trim();

        assertThat(retained("small")).isEqualTo(20);
        assertThat(retained("large-0")).isZero();
        assertThat(retained("large-74")).isEqualTo(1);
    }

    @Test
    void ownerOfManyLinesGetsNoMoreThanTheOwnerOfOne() {
        publish(new Publisher("address a"), "one", 35);
        for (int i = 0; i < 12; i++) {
            publish(new Publisher("address b"), "many", 5);
        }
        trimmer.trim();

        assertThat(retained("one")).isEqualTo(35);
        assertThat(retained("many")).isBetween(12, 40);
    }

    @Test
    void ofTheLinesOfOneOwnerTheLargestLosesFirst() {
        publish(new Publisher("address a"), "small", 10);
        publish(new Publisher("address a"), "large", 85);
        trimmer.trim();

        assertThat(retained("small")).isEqualTo(10);
    }

    @Test
    void messageOfTheLargestPublisherGoesFromBetweenThoseOfOthers() {
        Publisher small = new Publisher("user ann");
        Publisher large = new Publisher("user bob");
        publish(small, "shared", 1);
        publish(large, "shared", 95);
        publish(small, "shared", 1);
        trimmer.trim();

        TopicLog.ReadResult first = fixture.topic("shared").read(0, 1);
        assertThat(first.gap()).isFalse();
        assertThat(first.to()).isEqualTo(1);
        TopicLog.ReadResult second = fixture.topic("shared").read(1, 1 << 20);
        assertThat(second.gap()).as("after it").isTrue();
        assertThat(second.to()).isEqualTo(97);
    }

    @Test
    void stateIsNotTrimmedAndWhatIsNotTrimmedIsRefused() {
        fixture.topics.retain("state-*", Retention.latest());
        for (int i = 0; i < 110; i++) {
            publish(Publisher.APPLICATION, "state-" + i, 1);
        }
        trimmer.trim();

        assertThat(retained("state-0")).isEqualTo(1);
        assertThat(memory.isFull()).isTrue();
    }

    @Test
    void inboxThatIsTooLargeLosesItsOldestMessages() {
        Line line = held("ann");
        for (int i = 0; i < 95; i++) {
            fixture.clock.forward(Duration.ofMillis(1));
            line.send("{" + KILOBYTE + "}");
        }
        trimmer.trim();
        passes();

        assertThat(line.isRemoved()).isFalse();
        assertThat(line.inbox().bytes()).isBetween(50_000L, 75_000L);
        assertThat(memory.bytes()).isLessThanOrEqualTo(memory.trimTo());
    }

    @Test
    void heldLinesAreEvictedLargestOwnerFirstIfMessagesDoNotSuffice() {
        Line small = held("ann");
        List<Line> many = new ArrayList<>();
        for (int i = 0; memory.bytes() <= MAX - MAX / 8; i++) {
            many.add(held("bob"));
        }
        trimmer.trim();
        passes();

        assertThat(small.isRemoved()).isFalse();
        assertThat(many.get(0).isRemoved()).isTrue();
        assertThat(memory.bytes()).isBetween(MAX / 2L, memory.trimTo());
    }

    @Test
    void memoryIsFreeAgainWithItsTopicsAndLines() {
        publish(new Publisher("user ann"), "t", 5);
        Line line = held("bob");
        line.send("{" + KILOBYTE + "}");
        // In steps: after a pause of minutes the line would be held for longer.
        for (int i = 0; i < 6 * 60; i++) {
            fixture.clock.forward(Duration.ofSeconds(1));
            passes();
        }
        fixture.topics.sweep();
        line.send("{\"late\":1}");

        assertThat(line.isRemoved()).isTrue();
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void olderMessagesAreInHigherRows() {
        long age = 0;
        int row = -1;
        while (age >= 0 && age < Long.MAX_VALUE / 2) {
            assertThat(AgeTable.rowOf(age)).isGreaterThanOrEqualTo(row);
            row = AgeTable.rowOf(age);
            age += 1 + age / 16 + ThreadLocalRandom.current().nextInt(3);
        }
        AgeTable ages = new AgeTable();
        ages.add(Long.MAX_VALUE, 1);
        ages.add(-5, 10);
        ages.add(1000, 100);
        assertThat(ages.oldest(1)).isEqualTo(AgeTable.rowOf(Long.MAX_VALUE));
        assertThat(ages.oldest(2)).isEqualTo(AgeTable.rowOf(1000));
        assertThat(ages.oldest(101)).isEqualTo(AgeTable.rowOf(1000));
        assertThat(ages.oldest(102)).isZero();
        assertThat(ages.oldest(1000)).isZero();
    }

    private LineRegistry registry() {
        fixture.limits.linesPerUser = 100;
        return fixture.lines();
    }

    /** One after another, each of a kilobyte with all that belongs to it. */
    private void publish(Publisher publisher, String topic, int count) {
        for (int i = 0; i < count; i++) {
            fixture.clock.forward(Duration.ofMillis(1));
            fixture.topic(topic).publish(publisher, KILOBYTE, fixture.clock.getAsLong());
        }
    }

    private int retained(String topic) {
        int retained = 0;
        for (long at = 0; at < fixture.topic(topic).end().offset();) {
            TopicLog.ReadResult read = fixture.topic(topic).read(at, 1 << 20);
            retained += read.texts().length;
            at = read.to();
        }
        return retained;
    }

    private long topicStart(String topic) {
        return fixture.topic(topic).read(0, 1).from();
    }

    private Line held(String user) {
        Line line = registry.open(false, CallerFacts.ofUser(Optional.of(user)), Optional.empty()).line().orElseThrow();
        lines.add(line);
        LineConnection connection = line.newConnection(fixture.socket(), false);
        line.attach(connection, new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        passes();
        line.onSocketClosed(connection, false);
        passes();
        return line;
    }

    private void passes() {
        lines.forEach(line -> {
            line.loop().adoptCurrentThread();
            while (line.loop().runOnce()) {
                // There may be more by now.
            }
        });
    }
}
