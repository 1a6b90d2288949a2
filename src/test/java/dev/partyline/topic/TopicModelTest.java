package dev.partyline.topic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Clock;
import dev.partyline.testing.RandomCases;
import dev.partyline.topic.Retention.Kind;
import dev.partyline.wire.FrameWriter.Joined;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Whatever is appended, trimmed, joined and read in whatever order: a topic does what a list would do. */
class TopicModelTest {

    private static final String EPOCH = "e";
    private static final int MESSAGES = 4;
    private static final int CHARS = 300;
    private static final Duration AGE = Duration.ofSeconds(10);

    /** What may happen, with a number for how much of it. */
    record Step(What what, int number) {

        enum What { PUBLISH, WAIT, SWEEP, READ, JOIN_NOW, JOIN_AT, JOIN_ANOTHER_EPOCH }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void aTopicDoesWhatAListWouldDo(Kind kind) {
        RandomCases.everyOneOf(2000, random -> RandomCases.upTo(60, random, TopicModelTest::step), steps -> {
            Model model = new Model(kind);
            steps.forEach(model::take);
            model.readToTheEnd();
        });
    }

    private static Step step(Random random) {
        Step.What what = RandomCases.oneOf(random,
            Step.What.PUBLISH, Step.What.PUBLISH, Step.What.PUBLISH, Step.What.PUBLISH, Step.What.PUBLISH, Step.What.PUBLISH,
            Step.What.WAIT, Step.What.WAIT, Step.What.SWEEP, Step.What.READ, Step.What.READ, Step.What.READ, Step.What.READ,
            Step.What.JOIN_NOW, Step.What.JOIN_AT, Step.What.JOIN_AT, Step.What.JOIN_AT, Step.What.JOIN_ANOTHER_EPOCH);
        return new Step(what, random.nextInt(13));
    }

    /** A topic, the list it is compared with, and one reader. */
    private static final class Model {

        private record Kept(long offset, String text, long at) {
        }

        private final Clock clock = new Clock();
        private final Kind kind;
        private final long ageNanos;
        private final int most;
        private final Topic topic;
        private final List<Kept> kept = new ArrayList<>();
        private long end;
        private long cursor;

        private Model(Kind kind) {
            this.kind = kind;
            Retention retention = switch (kind) {
                case HISTORY -> Retention.history(MESSAGES, CHARS, AGE);
                case LATEST -> Retention.latest();
                case NONE -> Retention.none(MESSAGES, CHARS);
            };
            most = kind == Kind.LATEST ? 1 : MESSAGES;
            ageNanos = retention.age().toNanos();
            topic = new Topic("t", new Position(EPOCH, 0), retention, 1, new RetainedMemory(1 << 20));
        }

        private void take(Step step) {
            switch (step.what()) {
                case PUBLISH -> publish("\"" + "x".repeat(step.number() * 10) + "\"");
                case WAIT -> clock.forward(Duration.ofMillis(step.number() * 500L));
                case SWEEP -> {
                    topic.trimAged(clock.getAsLong());
                    trimAged();
                }
                case READ -> read(1 + step.number() * 20L);
                case JOIN_NOW -> join(Optional.empty());
                case JOIN_AT -> join(Optional.of(new Position(EPOCH, Math.max(0, end + 2 - step.number()))));
                case JOIN_ANOTHER_EPOCH -> join(Optional.of(new Position("other", step.number())));
            }
        }

        private void publish(String value) {
            end++;
            String text = "{\"topic\":\"t\",\"at\":[\"" + EPOCH + "\"," + end + "],\"value\":" + value + "}";
            assertThat(topic.publish(Publisher.APPLICATION, "\"value\":" + value, clock.getAsLong())).isEqualTo(new Position(EPOCH, end));
            kept.add(new Kept(end, text, clock.getAsLong()));
            while (kept.size() > most || kind != Kind.LATEST && kept.size() > 1 && chars() > CHARS) {
                kept.remove(0);
            }
            trimAged();
        }

        private int chars() {
            return kept.stream().mapToInt(message -> message.text().length()).sum();
        }

        private void trimAged() {
            kept.removeIf(message -> clock.getAsLong() - message.at() > ageNanos);
        }

        private void join(Optional<Position> at) {
            Joined joined = topic.join(at);
            long keptAfter = kind == Kind.NONE ? end : end - kept.size();
            boolean known = at.isEmpty() || at.get().epoch().equals(EPOCH) && at.get().offset() <= end;
            long wanted = at.isEmpty() ? end : known ? at.get().offset() : -1;
            boolean missing = wanted < keptAfter;

            assertThat(joined.at()).isEqualTo(new Position(EPOCH, Math.max(wanted, keptAfter)));
            assertThat(joined.gap()).as("gap, joining at %s", at).isEqualTo(!known || missing && kind != Kind.LATEST);
            cursor = joined.at().offset();
        }

        private boolean read(long maxChars) {
            TopicLog.ReadResult read = topic.read(cursor, maxChars);
            List<Kept> ahead = kept.stream().filter(message -> message.offset() > cursor).toList();
            long first = ahead.isEmpty() ? end + 1 : ahead.get(0).offset();

            assertThat(ahead.stream().map(Kept::text)).startsWith(read.texts());
            assertThat(read.isEmpty()).isEqualTo(ahead.isEmpty());
            assertThat(read.gap()).as("gap, reading after %s", cursor).isEqualTo(kind != Kind.LATEST && first > cursor + 1);
            assertThat(read.more()).isEqualTo(read.texts().length < ahead.size());
            assertThat(read.to()).isEqualTo(Math.max(cursor, first - 1 + read.texts().length));
            cursor = read.to();
            return read.more();
        }

        private void readToTheEnd() {
            while (read(100)) {
                assertThat(cursor).isLessThan(end);
            }
            assertThat(cursor).isEqualTo(end);
        }
    }
}
