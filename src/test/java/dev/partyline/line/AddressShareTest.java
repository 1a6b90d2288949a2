package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressShareTest {

    @ParameterizedTest
    @CsvSource({
        "192.0.2.7, 192.0.2.7", "::ffff:192.0.2.7, 192.0.2.7", "2001:db8:1:2:3:4:5:6, 2001:db8:1:2::/64", "2001:db8:1:2::, 2001:db8:1:2::/64",
        "[2001:db8:1:2::9], 2001:db8:1:2::/64", "fe80::1%eth0, fe80:0:0:0::/64", "::1, 0:0:0:0::/64", "unix:, unix:", "proxy.example, proxy.example",
        "1:2:3, 1:2:3"})
    void addressesOfOneNetworkShare(String address, String share) {
        assertThat(AddressShare.of(address)).isEqualTo(share);
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, true", "127.1.2.3, true", "::1, true", "0:0:0:0:0:0:0:1, true", "[::1], true", "::ffff:127.0.0.1, true", "128.0.0.1, false", "1127.0.0.1, false",
        "127.0.0.1.example, false", "fe80::1, false", "localhost, false", "a proxy at 127.0.0.1, false", "a proxy at ::1, false"})
    void shareOfThisMachineIsKnown(String address, boolean loopback) {
        assertThat(AddressShare.isLoopback(AddressShare.of(address))).isEqualTo(loopback);
    }
}
