package dev.partyline.connection;

import java.time.Duration;
import java.util.Set;

/**
 * Which clients are admitted.
 *
 * @param origins      origins, besides the server's own, whose pages may connect; {@code *} for any
 * @param hosts        names under which pages reach the server, see {@link HostCheck#isOwn}
 * @param proxies      whose headers tell from whom and how a request came
 * @param userRequired whether a line needs an authenticated user
 * @param plainClients whether plain clients are served
 * @param plainAfter   after how long without a frame a client is presumed to be a plain one
 * @param helloWithin  deadline for the first frame where plain clients are not served
 */
public record AdmissionRules(Set<String> origins, Set<String> hosts, TrustedProxies proxies, boolean userRequired, boolean plainClients, Duration plainAfter, Duration helloWithin) {

    public AdmissionRules {
        origins = Set.copyOf(origins);
        hosts = Set.copyOf(hosts);
        if (plainAfter.compareTo(Duration.ZERO) <= 0 || helloWithin.compareTo(Duration.ZERO) <= 0) {
            throw new IllegalArgumentException("plainAfter is " + plainAfter + " and helloWithin is " + helloWithin + ", both must be positive");
        }
    }
}
