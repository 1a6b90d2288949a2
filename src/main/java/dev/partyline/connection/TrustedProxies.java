package dev.partyline.connection;

import dev.partyline.line.AddressShare;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The proxies whose headers count, {@code X-Forwarded-For}, {@code -Proto}, {@code -Host} and {@code Forwarded}: finds out from whom and how a request came that they have passed on.
 *
 * <p>A proxy appends to such a header what it received, and the client may have sent the beginning. So the lists are read from their end: the last entry was written by the peer, the one
 * before it by the address in the last one, and so on. An entry counts only while the address that has written it is trusted. The first address that is not trusted is the client's.
 *
 * <p>A proxy that writes one of the two kinds of header passes on the other one as the client sent it. If both are there and name different clients, neither name counts.
 *
 * <p>This is done here and not by Tomcat's {@code RemoteIpValve}, which makes an address of its own of each port ({@code 192.0.2.1:4711}), looks names up, takes {@code wss} for no TLS,
 * leaves the Host header as it is, and removes the headers by which a request from a proxy differs from one of this machine. It does not know {@code Forwarded}, and other containers do not
 * have it. Where a container trusts a proxy itself, it tells the client's address, and this class finds no trusted peer.
 *
 * <p>Any thread may call.
 */
public final class TrustedProxies {

    private static final String FORWARDED = "Forwarded";
    private static final String FORWARDED_FOR = "X-Forwarded-For";
    private static final String FORWARDED_PROTO = "X-Forwarded-Proto";
    private static final String FORWARDED_HOST = "X-Forwarded-Host";
    private static final Set<String> OF_PROXIES = Set.of("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "cf-connecting-ip", "true-client-ip");

    private static final String UNLISTED = " that partyline.proxies does not list";
    private static final String SILENT = " that does not name its client";
    private static final String CONTRADICTORY = " whose Forwarded and X-Forwarded-For name different clients";

    private final List<Network> networks;

    private TrustedProxies(List<Network> networks) {
        this.networks = networks;
    }

    /**
     * How a request came.
     *
     * @param client    the address whose limits it counts towards; of a client that is not known, a text that names the proxy; empty if the container does not tell it
     * @param secure    whether over TLS, if a trusted proxy tells it
     * @param host      for which host, if a trusted proxy tells it
     * @param forwarded whether through any proxy, as far as its headers tell
     */
    public record Route(Optional<String> client, Optional<Boolean> secure, Optional<Authority> host, boolean forwarded) {
    }

    /** What one kind of header tells. The client is empty if the header does not name any; it may be a proxy that has named none. */
    private record Trace(Optional<String> client, Optional<Boolean> secure, Optional<Authority> host) {
    }

    /** @param networks each {@link #isNetwork} */
    public static TrustedProxies of(Collection<String> networks) {
        return new TrustedProxies(networks.stream().map(text -> Network.parse(text).orElseThrow(() -> new IllegalArgumentException(text + " is not an IP address or network"))).toList());
    }

    /** Whether this is an IP address, or a network such as {@code 10.0.0.0/8}. */
    public static boolean isNetwork(String text) {
        return Network.parse(text).isPresent();
    }

    /**
     * @param peer    the address from which the connection comes, as the container tells it
     * @param headers by names without regard to case
     */
    public Route route(Optional<String> peer, Map<String, List<String>> headers) {
        boolean forwarded = isForwarded(headers.keySet());
        Optional<InetAddress> proxy = forwarded ? peer.flatMap(IpLiteral::ofPeer).filter(this::isTrusted) : Optional.empty();
        if (proxy.isEmpty()) {
            return new Route(peer.map(address -> forwarded && isLoopback(address) ? "a proxy at " + address + UNLISTED : address), Optional.empty(), Optional.empty(), forwarded);
        }
        Trace usual = trace(proxy.get(), hops(headers));
        Trace standard = trace(proxy.get(), ForwardedHeader.read(headers.getOrDefault(FORWARDED, List.of())));
        boolean contradictory = usual.client.isPresent() && standard.client.isPresent() && !usual.client.equals(standard.client);
        String client = contradictory ? nameOf(proxy.get(), CONTRADICTORY) : usual.client.or(() -> standard.client).orElseGet(() -> nameOf(proxy.get(), SILENT));
        return new Route(Optional.of(client), usual.secure.or(() -> standard.secure), usual.host.or(() -> standard.host), true);
    }

    /** Each entry was written by the address in the one behind it, the last one by the peer. */
    private Trace trace(InetAddress peer, List<Hop> hops) {
        InetAddress writer = peer;
        Trace trace = new Trace(Optional.empty(), Optional.empty(), Optional.empty());
        for (int i = hops.size() - 1; i >= 0 && isTrusted(writer); i--) {
            Hop hop = hops.get(i);
            boolean silent = !hop.named() && trace.client.isEmpty();
            // What is nearer to the client tells more of it.
            trace = new Trace(silent ? Optional.empty() : Optional.of(hop.from().map(TrustedProxies::nameOf).orElse(nameOf(writer, SILENT))),
                hop.secure().or(trace::secure), hop.host().or(trace::host));
            if (hop.from().isEmpty()) {
                // Who has written the entries before it is not known.
                return trace;
            }
            writer = hop.from().get();
        }
        return trace;
    }

    /** As {@code X-Forwarded-For}, {@code -Proto} and {@code -Host} tell them. Some proxies append to all three, others write their own scheme and host only. */
    private static List<Hop> hops(Map<String, List<String>> headers) {
        List<String> clients = entries(headers, FORWARDED_FOR);
        List<String> schemes = entries(headers, FORWARDED_PROTO);
        List<String> hosts = entries(headers, FORWARDED_HOST);
        List<Hop> hops = new ArrayList<>();
        int count = Math.max(1, clients.size());
        for (int i = 0; i < count; i++) {
            Optional<InetAddress> from = clients.isEmpty() ? Optional.empty() : addressOf(clients.get(i));
            hops.add(new Hop(!clients.isEmpty(), from, entry(schemes, i, count).flatMap(Hop::secure), entry(hosts, i, count).flatMap(Authority::parse)));
        }
        return hops;
    }

    private static Optional<InetAddress> addressOf(String entry) {
        return IpLiteral.parse(entry).or(() -> IpLiteral.ofNode(entry));
    }

    private static List<String> entries(Map<String, List<String>> headers, String name) {
        return headers.getOrDefault(name, List.of()).stream().flatMap(line -> Arrays.stream(line.split(","))).map(String::strip).filter(entry -> !entry.isEmpty()).toList();
    }

    /** The entry of a hop. In a list of another length, only the last one is known to be of the last hop. */
    private static Optional<String> entry(List<String> list, int hop, int hops) {
        boolean known = list.size() == hops || !list.isEmpty() && hop == hops - 1;
        return known ? Optional.of(list.get(list.size() - hops + hop)) : Optional.empty();
    }

    /** Whether a proxy has passed the request on, as far as the names of its headers tell. */
    private static boolean isForwarded(Collection<String> headers) {
        return headers.stream().map(name -> name.toLowerCase(Locale.ROOT)).anyMatch(name -> name.startsWith("x-forwarded") || OF_PROXIES.contains(name));
    }

    private boolean isTrusted(InetAddress address) {
        return networks.stream().anyMatch(network -> network.contains(address));
    }

    private static boolean isLoopback(String address) {
        return AddressShare.isLoopback(AddressShare.of(address));
    }

    /** A client that came through a proxy must not be taken for this machine. */
    private static String nameOf(InetAddress client) {
        return client.isLoopbackAddress() ? nameOf(client, " or behind it") : client.getHostAddress();
    }

    private static String nameOf(InetAddress proxy, String why) {
        return "a proxy at " + proxy.getHostAddress() + why;
    }
}
