package dev.partyline.connection;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads IP addresses. Names are not addresses here: Java would look them up in the DNS, also {@code 1.2.3} and {@code 0x7f.1}, which it takes for addresses on some systems. */
final class IpLiteral {

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\\.(?!$)|$)){4}");
    private static final Pattern IPV6 = Pattern.compile("(?=[^:]*:)[0-9A-Fa-f:][0-9A-Fa-f:.]{1,44}");
    /** RFC 7239, 6: an IPv6 address is in brackets; a port may follow, or a name for one. */
    private static final Pattern NODE = Pattern.compile("(?<ipv4>[0-9.]{7,15}|\\[(?<ipv6>[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)])(:([0-9]{1,5}|_[A-Za-z0-9._-]+))?");

    private IpLiteral() {
    }

    /** An IPv4 address that is mapped to IPv6 is the IPv4 address. */
    static Optional<InetAddress> parse(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** @param text as a container tells the address of a connection: perhaps in brackets, or with a zone */
    static Optional<InetAddress> ofPeer(String text) {
        String bare = text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
        int zone = bare.indexOf('%');
        return parse(zone < 0 ? bare : bare.substring(0, zone));
    }

    /** @param text an address as proxies write it, perhaps with a port; empty for {@code unknown}, a name, and all else */
    static Optional<InetAddress> ofNode(String text) {
        Matcher form = NODE.matcher(text);
        return form.matches() ? parse(form.group("ipv6") == null ? form.group("ipv4") : form.group("ipv6")) : Optional.empty();
    }
}
