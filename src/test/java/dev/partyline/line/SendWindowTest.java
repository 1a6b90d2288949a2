package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SendWindowTest {

    private final SendWindow window = new SendWindow(100);

    @Test
    void sendingUsesRoomAndAnAckGivesItBack() {
        window.send(40);
        assertThat(window.room()).isEqualTo(60);

        window.ack(10);
        assertThat(window.room()).isEqualTo(70);
        assertThat(window.sent()).isEqualTo(40);
    }

    @Test
    void messageLargerThanTheWindowMayBeSentWhenAllIsAcknowledged() {
        assertThat(window.room()).isEqualTo(Long.MAX_VALUE);
        window.send(1000);
        assertThat(window.isFull()).isTrue();

        window.ack(999);
        assertThat(window.room()).isEqualTo(99);
        window.ack(1000);
        assertThat(window.room()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void windowIsFullToTheCharacter() {
        window.send(99);
        assertThat(window.isFull()).isFalse();
        window.send(1);
        assertThat(window.isFull()).isTrue();
    }

    @Test
    void ackOfMoreThanWasSentGrantsNoMoreThanAValidOne() {
        window.send(50);
        window.ack(Long.MAX_VALUE);
        window.send(60);

        assertThat(window.room()).isEqualTo(40);
    }

    @Test
    void ackThatGoesBackHasNoEffect() {
        window.send(100);
        window.ack(80);
        window.ack(10);

        assertThat(window.room()).isEqualTo(80);
    }

    @Test
    void onlyAnAckThatIsWaitedForSignals() {
        window.send(100);
        assertThat(window.ack(10)).isFalse();

        window.send(10);
        assertThat(window.awaitCredit()).isTrue();
        assertThat(window.ack(20)).as("room again").isTrue();
        assertThat(window.ack(30)).as("called back already").isFalse();
    }

    @Test
    void ackThatLeavesTheWindowFullDoesNotSignal() {
        window.send(500);
        assertThat(window.awaitCredit()).isTrue();
        assertThat(window.ack(300)).isFalse();
        assertThat(window.ack(401)).isTrue();
    }

    @Test
    void waitingForCreditEndsAtOnceIfThereIsRoom() {
        window.send(10);

        assertThat(window.awaitCredit()).isFalse();
        assertThat(window.ack(10)).isFalse();
    }

    /** Either the event loop sees the room, or the ack sees that the event loop waits. */
    @Test
    @Timeout(120)
    void ackThatRacesWithTheWaitIsNeverLost() throws InterruptedException {
        SendWindow raced = new SendWindow(1);
        AtomicLong acked = new AtomicLong();
        AtomicLong calledBack = new AtomicLong();
        int rounds = 50_000;
        Thread reader = new Thread(() -> {
            for (long heard = 1; heard <= rounds; heard++) {
                while (raced.sent() < heard) {
                    Thread.yield();
                }
                if (raced.ack(heard)) {
                    calledBack.set(heard);
                }
                acked.set(heard);
            }
        });
        reader.start();
        for (long sent = 1; sent <= rounds; sent++) {
            raced.send(1);
            if (raced.isFull() && raced.awaitCredit()) {
                while (acked.get() < sent) {
                    Thread.yield();
                }
                assertThat(calledBack).hasValue(sent);
            } else {
                while (acked.get() < sent) {
                    Thread.yield();
                }
            }
        }
        reader.join();
    }
}
