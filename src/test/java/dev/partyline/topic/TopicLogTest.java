package dev.partyline.topic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Clock;
import dev.partyline.testing.RandomCases;
import dev.partyline.topic.TopicLog.ReadResult;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class TopicLogTest {

    private static final Duration AGE = Duration.ofMinutes(5);

    private final Clock clock = new Clock();
    private final RetainedMemory memory = new RetainedMemory(1 << 20);
    private final TopicLog log = new TopicLog(4, 1000, AGE.toNanos(), memory);

    @Test
    void offsetsAreDenseFromOne() {
        assertThat(log.end()).isZero();
        for (int i = 1; i <= 100; i++) {
            assertThat(append("m" + i)).isEqualTo(i);
        }
        assertThat(log.end()).isEqualTo(100);
    }

    @Test
    void aMessageIsEncodedWithItsOwnOffset() {
        append("a");
        log.append(Publisher.APPLICATION, false, offset -> "at " + offset, clock.getAsLong());

        assertThat(log.read(1, 100).texts()).containsExactly("at 2");
    }

    @Test
    void aReaderHearsWhatFollowsItsOffset() {
        append("a", "b", "c");

        assertRead(log.read(0, 100), 3, false, false, "a", "b", "c");
        assertRead(log.read(2, 100), 3, false, false, "c");
        assertRead(log.read(3, 100), 3, false, false);
    }

    @Test
    void readerThatFellOffTheLogIsToldOfAGap() {
        append("a", "b", "c", "d", "e", "f");

        assertRead(log.read(0, 100), 6, true, false, "c", "d", "e", "f");
        assertRead(log.read(1, 100), 6, true, false, "c", "d", "e", "f");
        assertRead(log.read(2, 100), 6, false, false, "c", "d", "e", "f");
    }

    @Test
    void aGapIsToldEvenWhereNothingIsLeft() {
        append("a", "b");
        log.trimThrough(2);

        assertRead(log.read(0, 100), 2, true, false);
        assertRead(log.read(2, 100), 2, false, false);
    }

    @Test
    void aReadingKnowsWhereItBegins() {
        append("a", "b", "c", "d", "e");

        assertThat(log.read(0, 100).from()).isEqualTo(1);
        assertThat(log.read(3, 100).from()).isEqualTo(3);
        assertThat(log.read(5, 100).from()).isEqualTo(5);
    }

    @Test
    void aReadingIsBoundedButHoldsAtLeastOneMessage() {
        append("aaaa", "bbbb", "cccc");

        assertRead(log.read(0, 1), 1, false, true, "aaaa");
        assertRead(log.read(0, 9), 1, false, true, "aaaa");
        assertRead(log.read(0, 10), 2, false, true, "aaaa", "bbbb");
        assertRead(log.read(0, 15), 3, false, false, "aaaa", "bbbb", "cccc");
    }

    @Test
    void charactersAreBoundedAndTheNewestMessageIsAlwaysKept() {
        append("a".repeat(400), "b".repeat(400), "c".repeat(400));
        assertThat(log.start()).isEqualTo(1);
        assertThat(log.chars()).isEqualTo(800);

        append("d".repeat(5000));
        assertThat(log.start()).isEqualTo(3);
        assertThat(log.chars()).isEqualTo(5000);

        append("e");
        assertRead(log.read(4, 100), 5, false, false, "e");
        assertThat(log.chars()).isEqualTo(1);
    }

    @Test
    void charactersAreTakenExactlyToTheirBound() {
        append("a".repeat(400), "b".repeat(600));
        assertThat(log.start()).isZero();

        append("c");
        assertThat(log.start()).isEqualTo(1);
    }

    @Test
    void messagesAgeAndNotBeforeTheirTime() {
        append("a");
        clock.forward(Duration.ofMinutes(3));
        append("b");
        clock.forward(Duration.ofMinutes(2));
        log.trimAged(clock.getAsLong());
        assertThat(log.start()).isZero();

        clock.forward(Duration.ofNanos(1));
        log.trimAged(clock.getAsLong());
        assertThat(log.start()).isEqualTo(1);

        clock.forward(AGE);
        append("c");
        assertRead(log.read(0, 100), 3, true, false, "c");
    }

    @Test
    void aLogWithoutAnAgeForgetsNothingByTime() {
        TopicLog inbox = new TopicLog(4, 1000, Long.MAX_VALUE, memory);
        inbox.append(Publisher.APPLICATION, false, offset -> "a", clock.getAsLong());
        clock.forward(Duration.ofDays(10_000));
        inbox.trimAged(clock.getAsLong());

        assertThat(inbox.start()).isZero();
    }

    @Test
    void whatWasHeardIsForgottenAndNoMore() {
        append("a", "b", "c");
        log.trimThrough(2);
        assertRead(log.read(2, 100), 3, false, false, "c");

        log.trimThrough(1);
        assertThat(log.start()).isEqualTo(2);

        log.trimThrough(Long.MAX_VALUE);
        assertThat(log.start()).isEqualTo(3);
        assertThat(log.chars()).isZero();
        assertThat(append("d")).isEqualTo(4);
    }

    @Test
    void aMessageIsFoundByItsOffsetWhileItIsRetained() {
        append("a", "b", "c", "d", "e");

        assertThat(log.get(1)).as("trimmed").isEmpty();
        assertThat(log.get(2)).contains("b");
        assertThat(log.get(5)).contains("e");
        assertThat(log.get(6)).isEmpty();
    }

    @Test
    void theRingGoesRoundForEver() {
        TopicLog ring = new TopicLog(100, 1_000_000, AGE.toNanos(), memory);
        for (int i = 1; i <= 1000; i++) {
            int number = i;
            ring.append(Publisher.APPLICATION, false, offset -> "m" + number, clock.getAsLong());
            if (i % 7 == 0) {
                ring.trimThrough(i - 3);
            }
            ReadResult read = ring.read(Math.max(0, i - 3), 10_000);
            assertThat(read.texts()).endsWith("m" + i).hasSizeBetween(1, 3);
            assertThat(read.gap()).isFalse();
        }
    }

    @Test
    void memoryOfAMessageIsItsCharactersAndAFixedPart() {
        append("abc");
        assertThat(memory.bytes()).isEqualTo(RetainedMemory.MESSAGE_BYTES + 3);

        log.append(Publisher.APPLICATION, true, offset -> "\u044f\u044f", clock.getAsLong());
        assertThat(memory.bytes()).isEqualTo(2 * RetainedMemory.MESSAGE_BYTES + 3 + 4);
        assertThat(log.bytes()).isEqualTo(memory.bytes());

        log.trimThrough(1);
        assertThat(memory.bytes()).isEqualTo(RetainedMemory.MESSAGE_BYTES + 4);
        append("a", "b", "c", "d", "e");
        assertThat(memory.bytes()).isEqualTo(4 * (RetainedMemory.MESSAGE_BYTES + 1));
        clock.forward(AGE.plusNanos(1));
        log.trimAged(clock.getAsLong());
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void discardedLogStillReadsAndCountsNoMore() {
        append("a");
        log.discard();
        append("b");

        assertThat(memory.bytes()).isZero();
        assertRead(log.read(0, 100), 2, false, false, "a", "b");
    }

    @Test
    void messageThatIsTrimmedBetweenOthersIsAGapToThoseThatHaveNotReadIt() {
        Publisher other = new Publisher("other");
        append("a");
        append(other, "b");
        append("c");
        append(other, "d");
        trim(other, false);

        assertRead(log.read(0, 100), 1, false, true, "a");
        assertRead(log.read(1, 100), 3, true, true, "c");
        assertRead(log.read(2, 100), 3, false, true, "c");
        assertRead(log.read(3, 100), 4, true, false);
        assertRead(log.read(4, 100), 4, false, false);
        assertThat(log.get(2)).isEmpty();
        assertThat(memory.bytes()).isEqualTo(2 * (RetainedMemory.MESSAGE_BYTES + 1));
        append("e", "f");
        assertRead(log.read(3, 100), 6, true, false, "e", "f");
        assertThat(memory.bytes()).isEqualTo(3 * (RetainedMemory.MESSAGE_BYTES + 1));
    }

    @Test
    void messagesThatAreTrimmedAtTheHeadMoveTheStart() {
        Publisher other = new Publisher("other");
        append(other, "a");
        append(other, "b");
        append("c");
        trim(other, false);

        assertThat(log.start()).isEqualTo(2);
        assertRead(log.read(0, 100), 3, true, false, "c");
    }

    @Test
    void newestMessageOfAStateIsNotTrimmed() {
        append("a", "b");
        trim(Publisher.APPLICATION, true);

        assertRead(log.read(1, 100), 2, false, false, "b");
        trim(Publisher.APPLICATION, false);
        assertRead(log.read(1, 100), 2, true, false);
        assertThat(memory.bytes()).isZero();
    }

    @Test
    void logWithoutGapsIsTrimmedThroughTheLastOfTheSelection() {
        append("a", "b", "c", "d");
        log.trimThroughLast((publisher, appendedAt) -> false);
        assertThat(log.start()).isZero();

        Publisher other = new Publisher("other");
        append(other, "e");
        append("f");
        log.trimThroughLast((publisher, appendedAt) -> publisher == other);
        assertRead(log.read(5, 100), 6, false, false, "f");
        assertThat(log.start()).isEqualTo(5);
    }

    @Test
    void memoryIsThatOfTheMessagesThatAreReadWhateverIsDone() {
        RandomCases.everyOneOf(200, random -> RandomCases.upTo(60, random, step -> step.nextInt(100)), steps -> {
            RetainedMemory counted = new RetainedMemory(1 << 20);
            TopicLog some = new TopicLog(10, 100, AGE.toNanos(), counted);
            List<Publisher> publishers = List.of(new Publisher("a"), new Publisher("b"), new Publisher("c"));
            for (int step : steps) {
                Publisher publisher = publishers.get(step % 3);
                switch (step % 5) {
                    case 0 -> some.trim((by, appendedAt) -> by == publisher, step % 2 == 0);
                    case 1 -> some.trimThrough(some.start() + step % 4);
                    default -> some.append(publisher, false, offset -> "x".repeat(step), clock.getAsLong());
                }
            }
            long found = 0;
            for (long at = 0; at < some.end();) {
                ReadResult read = some.read(at, 30);
                for (String text : read.texts()) {
                    found += RetainedMemory.MESSAGE_BYTES + text.length();
                }
                at = read.to();
            }
            assertThat(counted.bytes()).isEqualTo(found).isEqualTo(some.bytes());
        });
    }

    private void trim(Publisher publisher, boolean keepNewest) {
        log.trim((by, appendedAt) -> by == publisher, keepNewest);
    }

    private void append(Publisher publisher, String text) {
        log.append(publisher, false, offset -> text, clock.getAsLong());
    }

    private long append(String... texts) {
        long at = 0;
        for (String text : texts) {
            at = log.append(Publisher.APPLICATION, false, offset -> text, clock.getAsLong());
        }
        return at;
    }

    private static void assertRead(ReadResult read, long to, boolean gap, boolean more, String... texts) {
        assertThat(read.texts()).containsExactly(texts);
        assertThat(read.to()).as("to").isEqualTo(to);
        assertThat(read.gap()).as("gap").isEqualTo(gap);
        assertThat(read.more()).as("more").isEqualTo(more);
        assertThat(read.isEmpty()).isEqualTo(texts.length == 0);
    }
}
