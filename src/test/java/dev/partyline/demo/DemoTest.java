package dev.partyline.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.LogCapture;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;

class DemoTest {

    @Test
    void demoThatOtherMachinesReachIsWarnedOf() throws UnknownHostException {
        assertThat(warnings(Optional.of(InetAddress.getByName("0.0.0.0")))).hasSize(1).allMatch(line -> line.contains("the server listens on 0.0.0.0:"));
        assertThat(warnings(Optional.of(InetAddress.getByName("::")))).hasSize(1);
        assertThat(warnings(Optional.of(InetAddress.getByName("192.0.2.1")))).hasSize(1);
        assertThat(warnings(Optional.empty())).hasSize(1).allMatch(line -> line.contains("the container does not tell on which addresses it listens:"));
    }

    @Test
    void demoOfThisMachineIsNotWarnedOf() throws UnknownHostException {
        assertThat(warnings(Optional.of(InetAddress.getByName("127.0.0.1")))).isEmpty();
        assertThat(warnings(Optional.of(InetAddress.getByName("::1")))).isEmpty();
    }

    private static List<String> warnings(Optional<InetAddress> address) {
        try (LogCapture log = new LogCapture()) {
            Demo.warnIfReachable(address);
            return log.messages(Level.WARNING);
        }
    }
}
