package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.line.AddressShare;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {

    @ParameterizedTest
    @ValueSource(strings = {"Forwarded", "x-forwarded-for", "X-Forwarded-Proto", "X-FORWARDED-HOST", "X-Real-IP", "Via"})
    void clientOfAProxyOnThisMachineIsNotThisMachine(String header) {
        for (String loopback : new String[] {"127.0.0.1", "0:0:0:0:0:0:0:1"}) {
            assertThat(AddressShare.isLoopback(AddressShare.of(ClientAddress.of(loopback, Set.of("Host", header))))).isFalse();
            assertThat(AddressShare.isLoopback(AddressShare.of(ClientAddress.of(loopback, Set.of("Host", "Accept"))))).isTrue();
        }
    }

    @Test
    void otherAddressesStayAsTheyAre() {
        assertThat(ClientAddress.of("203.0.113.7", Set.of("Forwarded"))).isEqualTo("203.0.113.7");
        assertThat(ClientAddress.of("2001:db8::1", Set.of())).isEqualTo("2001:db8::1");
    }
}
