package dev.partyline.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostCheckTest {

    private static final HostCheck.Way DIRECT = new HostCheck.Way(false, false, Optional.empty());

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "10.0.0.5", "203.0.113.7", "[::1]", "localhost", "localhost.", "partyline", "my_host", "app.localhost", "printer.local", "db.internal",
        "partyline.shop.svc.cluster.local", "nas.home.arpa", "plain.test"})
    void nameThatNobodyCanRegisterIsOwnWhateverIsListed(String host) {
        assertThat(HostCheck.isOwn(host, Set.of(), DIRECT)).isTrue();
        assertThat(HostCheck.isOwn(host, Set.of("a.example"), DIRECT)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.example", "evil.example.", "localhost.evil.example", "127.0.0.1.evil.example", "local.evil", "10.0.0.5.nip.io", "notlocal.evil"})
    void nameThatSomebodyCanRegisterIsNot(String host) {
        for (String address : new String[] {"127.0.0.1", "10.0.0.5", "172.17.0.2", "192.168.1.9", "169.254.1.1", "100.64.0.1", "0:0:0:0:0:0:0:1", "fd00::1", "fe80::1%eth0", "::",
            "a.name", ""}) {
            assertThat(HostCheck.isOwn(host, Set.of(), new HostCheck.Way(false, false, Optional.of(address)))).as(address).isFalse();
        }
        assertThat(HostCheck.isOwn(host, Set.of(), DIRECT)).isFalse();
        assertThat(HostCheck.isOwn(host, Set.of("a.example"), DIRECT)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"true, false, 10.0.0.5", "false, true, 10.0.0.5", "false, false, 203.0.113.7", "false, false, 100.128.0.1", "false, false, 2001:db8::1"})
    void wayThatNoReboundNameTakesMakesAnyNameOwn(boolean secure, boolean forwarded, String localAddress) {
        HostCheck.Way way = new HostCheck.Way(secure, forwarded, Optional.of(localAddress));

        assertThat(HostCheck.isOwn("app.example", Set.of(), way)).isTrue();
        assertThat(HostCheck.isOwn("app.example", Set.of("other.example"), way)).as("where names are listed").isFalse();
    }

    @Test
    void listedNamesAreOwnAndNoOthers() {
        Set<String> listed = Set.of("app.example");

        assertThat(HostCheck.isOwn("app.example", listed, DIRECT)).isTrue();
        assertThat(HostCheck.isOwn("app.example.", listed, DIRECT)).isTrue();
        assertThat(HostCheck.isOwn("b.app.example", listed, DIRECT)).isFalse();
        assertThat(HostCheck.isOwn("evil.example", Set.of("*"), DIRECT)).isTrue();
    }
}
