package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Growth;
import dev.partyline.topic.Publisher;
import dev.partyline.wire.FrameWriter;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class InboxTest {

    private final EventLoopFixture fixture = new EventLoopFixture();
    private final FakeSocket socket = fixture.socket();

    @Test
    void onlyTheConnectionThatResumedTheInboxReadsIt() {
        LineConnection older = fixture.line().newConnection(socket, false);
        LineConnection newer = fixture.line().newConnection(socket, false);
        Inbox inbox = new Inbox(10, 1000, true, Publisher.APPLICATION, fixture.memory);
        inbox.setReader(older);
        inbox.append("{\"n\":1}", 0);
        inbox.resume(0);
        assertThat(read(inbox, newer)).as("before the welcome").isFalse();
        inbox.setReader(newer);

        assertThat(read(inbox, older)).isFalse();
        assertThat(read(inbox, newer)).isTrue();
    }

    @Test
    void answersOfManyRequestsAreFoundInProportionalTime() {
        Growth.assertProportional(1000, n -> {
            Inbox inbox = new Inbox(n, Long.MAX_VALUE, true, Publisher.APPLICATION, fixture.memory);
            for (int request = 1; request <= n; request++) {
                inbox.onAnswered(request, inbox.append(FrameWriter.reply(Optional.of("tab"), request, Optional.empty()), 0));
            }
            return () -> {
                for (int request = 1; request <= n; request++) {
                    assertThat(inbox.findReply(Optional.of("tab"), request).isPresent()).isTrue();
                }
            };
        });
    }

    private static boolean read(Inbox inbox, LineConnection by) {
        WriteBatch batch = new WriteBatch(100);
        assertThat(inbox.fill(batch, by)).isTrue();
        return !batch.isEmpty();
    }
}
