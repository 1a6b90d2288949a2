package dev.partyline.line;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The key under which clients share the limits of an address: an IPv4 address, or the /64 prefix of an IPv6 address, because a single host of such a network can use each
 * of its addresses (RFC 4291, 2.5.1).
 */
public final class AddressShare {

    /** Of two bytes each. */
    private static final int PREFIX_GROUPS = 4;
    /** Only literals: a name would be looked up in the DNS. */
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");

    private static final Pattern LOOPBACK_IPV4 = Pattern.compile("127(\\.[0-9]{1,3}){3}");
    private static final String LOOPBACK_IPV6 = "0:0:0:0::/64";

    private AddressShare() {
    }

    /** @param address as a container tells it: perhaps in brackets, with a zone, or IPv4 mapped to IPv6; other texts are a key of their own */
    public static String of(String address) {
        String bare = address.startsWith("[") && address.endsWith("]") ? address.substring(1, address.length() - 1) : address;
        int zone = bare.indexOf('%');
        String literal = zone < 0 ? bare : bare.substring(0, zone);
        if (!IPV6.matcher(literal).matches()) {
            return address;
        }
        try {
            // Java makes an Inet4Address of a mapped IPv4 address.
            InetAddress parsed = InetAddress.getByName(literal);
            return parsed instanceof Inet6Address ? networkOf(parsed) : parsed.getHostAddress();
        } catch (UnknownHostException e) {
            return address;
        }
    }

    /** As an administrator writes it. */
    private static String networkOf(InetAddress address) {
        // Java writes all eight groups.
        return Arrays.stream(address.getHostAddress().split(":")).limit(PREFIX_GROUPS).collect(Collectors.joining(":")) + "::/64";
    }

    /** Whether this is the share of this machine itself: 127.0.0.0/8, or the network of {@code ::1}, which has no other hosts. */
    public static boolean isLoopback(String share) {
        return share.equals(LOOPBACK_IPV6) || LOOPBACK_IPV4.matcher(share).matches();
    }
}
