package dev.partyline.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LineClient.Listener;
import dev.partyline.testing.LineClient.Position;
import org.junit.jupiter.api.Test;

class HistoryTest {

    private static final String TOPIC = "demo.t";

    private final History history = new History();
    private final Listener ann = history.reader("ann");
    private final Listener bob = history.reader("bob");

    private static Position at(long offset) {
        return new Position("e", offset);
    }

    private static void hears(Listener reader, String epoch, long offset, String value) {
        reader.onFrame(Golden.parse("{\"topic\":\"" + TOPIC + "\",\"at\":[\"" + epoch + "\"," + offset + "],\"value\":\"" + value + "\"}"));
    }

    private static void hears(Listener reader, long offset, String value) {
        hears(reader, "e", offset, value);
    }

    private static void isToldOfAGap(Listener reader, String epoch, long offset) {
        reader.onFrame(Golden.parse("{\"type\":\"$gap\",\"topic\":\"" + TOPIC + "\",\"at\":[\"" + epoch + "\"," + offset + "]}"));
    }

    /** Three messages are published, and one reader hears them all. */
    private void annHearsThree() {
        ann.joined(TOPIC, at(0), false);
        for (int i = 1; i <= 3; i++) {
            history.acknowledge(TOPIC, "p:" + i, at(i));
            hears(ann, i, "p:" + i);
        }
    }

    @Test
    void readersThatHearAllInOrderAreFine() {
        annHearsThree();
        bob.joined(TOPIC, at(1), false);
        hears(bob, 2, "p:2");
        hears(bob, 3, "p:3");
        assertThat(history.violations()).isEmpty();
        assertThat(history.behind()).isEmpty();
        assertThat(history.received()).isEqualTo(5);
    }

    @Test
    void readerThatIsToldWhatItMissedIsFine() {
        annHearsThree();
        bob.joined(TOPIC, at(0), false);
        isToldOfAGap(bob, "e", 2);
        hears(bob, 3, "p:3");
        assertThat(history.violations()).isEmpty();
        assertThat(history.gaps("bob", TOPIC)).isOne();
    }

    @Test
    void newEpochThatIsToldAsAGapIsFine() {
        annHearsThree();
        ann.joined(TOPIC, new Position("f", 0), true);
        history.acknowledge(TOPIC, "p:4", new Position("f", 1));
        assertThat(history.behind()).singleElement().asString().startsWith("ann of demo.t came to");
        hears(ann, "f", 1, "p:4");
        assertThat(history.violations()).isEmpty();
        assertThat(history.behind()).isEmpty();
    }

    @Test
    void messageThatNobodyHeardIsFound() {
        annHearsThree();
        bob.joined(TOPIC, at(0), false);
        hears(bob, 1, "p:1");
        hears(bob, 3, "p:3");
        assertThat(history.violations()).anyMatch(text -> text.contains("and heard")).anyMatch(text -> text.contains("neither heard nor was told"));
    }

    @Test
    void messageMissedUnderAnotherMessagesOffsetIsFound() {
        annHearsThree();
        bob.joined(TOPIC, at(0), false);
        hears(bob, 1, "p:1");
        hears(bob, 2, "p:3");
        assertThat(history.violations()).anyMatch(text -> text.contains("where others know p:2")).anyMatch(text -> text.contains("neither heard nor was told"));
    }

    @Test
    void readerThatStopsShortIsBehind() {
        annHearsThree();
        bob.joined(TOPIC, at(0), false);
        hears(bob, 1, "p:1");
        assertThat(history.behind()).singleElement().asString().startsWith("bob of demo.t came to");
    }

    @Test
    void readerThatHasLeftIsNeitherBehindNorMissesAnything() {
        annHearsThree();
        bob.joined(TOPIC, at(0), false);
        hears(bob, 1, "p:1");
        history.left("bob", TOPIC);
        assertThat(history.behind()).isEmpty();
        assertThat(history.violations()).isEmpty();
        hears(bob, 2, "p:2");
        assertThat(history.violations()).singleElement().asString().contains("had left");
    }

    @Test
    void repeatedMessageIsFound() {
        annHearsThree();
        hears(ann, 3, "p:3");
        assertThat(history.violations()).anyMatch(text -> text.contains("twice"));
    }

    @Test
    void messageThatWasAppendedTwiceIsFound() {
        annHearsThree();
        hears(ann, 4, "p:3");
        assertThat(history.violations()).anyMatch(text -> text.contains("heard p:3 after p:3")).anyMatch(text -> text.contains("which others know at"));
    }

    @Test
    void publishersMessagesOutOfItsOrderAreFound() {
        ann.joined(TOPIC, at(0), false);
        hears(ann, 1, "p:2");
        hears(ann, 2, "p:1");
        assertThat(history.violations()).singleElement().asString().contains("heard p:1 after p:2");
    }

    @Test
    void readersThatDisagreeAreFound() {
        ann.joined(TOPIC, at(0), false);
        bob.joined(TOPIC, at(0), false);
        hears(ann, 1, "p:1");
        hears(bob, 1, "q:1");
        assertThat(history.violations()).singleElement().asString().contains("where others know");
    }

    @Test
    void welcomeElsewhereWithoutAGapIsFound() {
        annHearsThree();
        ann.joined(TOPIC, at(5), false);
        assertThat(history.violations()).singleElement().asString().contains("without a gap");
    }

    @Test
    void newEpochWithoutAGapIsFound() {
        annHearsThree();
        hears(ann, "f", 1, "p:4");
        assertThat(history.violations()).singleElement().asString().contains("and heard");
    }

    @Test
    void gapWhereNothingIsMissingIsFound() {
        annHearsThree();
        isToldOfAGap(ann, "e", 3);
        assertThat(history.violations()).singleElement().asString().contains("told of a gap");
    }

    @Test
    void twoPublishesAtOnePlaceAreFound() {
        history.acknowledge(TOPIC, "p:1", at(1));
        history.acknowledge(TOPIC, "q:1", at(1));
        assertThat(history.violations()).singleElement().asString().contains("were both told");
    }

    @Test
    void onePublishAtTwoPlacesIsFound() {
        history.acknowledge(TOPIC, "p:1", at(1));
        history.acknowledge(TOPIC, "p:1", at(2));
        assertThat(history.violations()).singleElement().asString().contains("was told");
    }

    @Test
    void acknowledgedMessageThatWasNeverAppendedIsFound() {
        annHearsThree();
        history.acknowledge(TOPIC, "p:9", at(2));
        assertThat(history.violations()).anyMatch(text -> text.contains("were both told")).anyMatch(text -> text.contains("where others know"));
    }
}
