package dev.partyline.connection;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Protects against DNS rebinding: a page of {@code http://evil.example} makes its name point to this server, which then sees a Host header and an origin that agree.
 *
 * <p>That takes a registered name, which its owner can point anywhere: not an address, {@code localhost}, a name without a dot, or a name of a reserved domain. Over TLS the certificate
 * would not fit the name. A proxy adds headers that no page can set on a WebSocket. And a server with a public address can be reached without such a detour.
 */
public final class HostCheck {

    private static final Pattern ADDRESS = Pattern.compile("[0-9.]+|\\[.*]");
    /** RFC 6761, RFC 6762, RFC 8375; {@code internal} is reserved by ICANN. */
    private static final Pattern UNREGISTRABLE = Pattern.compile("[^.]+|.*\\.(localhost|local|internal|test|invalid|home\\.arpa)");
    private static final Pattern SHARED_ADDRESS = Pattern.compile("100\\.(6[4-9]|[7-9]\\d|1[01]\\d|12[0-7])\\..*");
    private static final int UNIQUE_LOCAL = 0xfc;
    private static final int UNIQUE_LOCAL_MASK = 0xfe;

    private HostCheck() {
    }

    /**
     * How a request came.
     *
     * @param secure       whether over TLS
     * @param forwarded    whether through a proxy that says so
     * @param localAddress of this server, if the container tells it
     */
    public record Way(boolean secure, boolean forwarded, Optional<String> localAddress) {
    }

    /**
     * Whether pages under this host are the server's own.
     *
     * @param host   in small letters
     * @param listed the host names that the administrator has listed, {@code *} for any; if empty, the way of the request decides
     */
    public static boolean isOwn(String host, Set<String> listed, Way way) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        if (isUnregistrable(name) || listed.contains(name) || listed.contains("*")) {
            return true;
        }
        return listed.isEmpty() && (way.secure() || way.forwarded() || way.localAddress().filter(HostCheck::isPublic).isPresent());
    }

    /** Whether this is an address, or a name that cannot be registered: a page that was loaded under it came from here. */
    public static boolean isUnregistrable(String host) {
        return ADDRESS.matcher(host).matches() || UNREGISTRABLE.matcher(host).matches();
    }

    private static boolean isPublic(String address) {
        String literal = address.contains(":") ? address.replaceAll("[\\[\\]]|%.*", "") : address;
        if (!literal.matches("[0-9.]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*") || SHARED_ADDRESS.matcher(literal).matches()) {
            return false;
        }
        try {
            InetAddress parsed = InetAddress.getByName(literal);
            byte[] bytes = parsed.getAddress();
            boolean uniqueLocal = bytes.length > 4 && (bytes[0] & UNIQUE_LOCAL_MASK) == UNIQUE_LOCAL;
            return !parsed.isLoopbackAddress() && !parsed.isAnyLocalAddress() && !parsed.isLinkLocalAddress() && !parsed.isSiteLocalAddress() && !uniqueLocal;
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
