package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Fuzzing;
import dev.partyline.testing.LogCapture;
import dev.partyline.testing.PartylineServer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A {@link ProtocolFuzz} on the server of this process, whose threads and log are looked at as well. */
class ProtocolFuzzIT {

    private final Fuzzing fuzzing = new Fuzzing(ProtocolFuzzIT.class);

    @Test
    void whateverClientsSendNoOtherIsHarmed() {
        Map<String, String> settings = new HashMap<>(ProtocolFuzz.SETTINGS);
        settings.put("partyline.api.key", ServerAccess.KEY);
        fuzzing.run(() -> {
            try (PartylineServer server = new PartylineServer(settings); LogCapture log = LogCapture.atLeast(Level.WARNING)) {
                Set<Thread> eventLoops = eventLoops();

                new ProtocolFuzz(fuzzing, server.line(), new ServerAccess(server.uri("/partyline"), ServerAccess.KEY)).run();

                assertThat(eventLoops()).isNotEmpty().isEqualTo(eventLoops).allMatch(Thread::isAlive);
                assertThat(log.messages(Level.WARNING)).isEmpty();
            }
        });
    }

    private static Set<Thread> eventLoops() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("partyline-event-loop")).collect(Collectors.toSet());
    }
}
