package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.wire.CloseCode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GracefulCloseTest {

    /** At the stop of the application, the executor is shut down as soon as all closes are done. */
    @Test
    void isNotDoneBeforeTheExecutorHasTheClose() {
        FakeSocket socket = new FakeSocket();
        List<Boolean> over = new ArrayList<>();
        GracefulClose[] closing = {null};
        closing[0] = new GracefulClose(socket, CloseCode.SHUTTING_DOWN, "the server is shutting down", close -> {
            over.add(closing[0].isDone(0));
            close.run();
        }, 1);

        closing[0].send("goodbye");

        assertThat(over).containsExactly(false);
        assertThat(socket.closed).contains(CloseCode.SHUTTING_DOWN);
        assertThat(closing[0].isDone(0)).isTrue();
    }
}
