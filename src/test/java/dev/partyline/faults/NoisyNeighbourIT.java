package dev.partyline.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import dev.partyline.testing.TestApplication;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.Optional;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link NoisyNeighbours} on the server of this process, whose heap and log are looked at as well. */
@Timeout(180)
class NoisyNeighbourIT {

    @Test
    void tenHostileLinesCostAHealthyOneNothing() {
        try (TestApplication application = new TestApplication(NoisyNeighbours.SETTINGS); LogCapture log = LogCapture.instead(Level.SEVERE)) {
            ServerAccess access = new ServerAccess(URI.create("http://127.0.0.1:" + application.port() + "/partyline"), ServerAccess.KEY);

            new NoisyNeighbours(application.line(), access, Optional.of(NoisyNeighbourIT::usedHeap)).run();

            assertThat(log.messages(Level.SEVERE)).noneMatch(message -> message.contains("event loop"));
        }
    }

    /** Of server and clients together, after a collection. */
    private static long usedHeap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
