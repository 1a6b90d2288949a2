package dev.partyline.connection;

import dev.partyline.line.AddressShare;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;

/**
 * The address of a client as far as this server can know it. Behind a proxy on the same machine that the container does not trust, all clients have the loopback address;
 * they must not be taken for this machine's own.
 */
public final class ClientAddress {

    private static final Set<String> OF_PROXIES = Set.of("forwarded", "via", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "cf-connecting-ip", "true-client-ip");

    private ClientAddress() {
    }

    /**
     * The client's address; for a request that was forwarded from the loopback address, a text that says so.
     *
     * @param remote  as the container tells it
     * @param headers the names of the request's headers
     */
    public static String of(String remote, Collection<String> headers) {
        return isForwarded(headers) && AddressShare.isLoopback(AddressShare.of(remote)) ? "a proxy at " + remote : remote;
    }

    /** Whether a proxy has passed the request on, as far as its headers tell. */
    public static boolean isForwarded(Collection<String> headers) {
        return headers.stream().map(name -> name.toLowerCase(Locale.ROOT)).anyMatch(name -> name.startsWith("x-forwarded") || OF_PROXIES.contains(name));
    }
}
