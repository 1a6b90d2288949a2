package dev.partyline.connection;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network of IP addresses, such as {@code 10.0.0.0/8} (RFC 4632), or a single address.
 *
 * @param prefix how many bits of the address all its addresses have in common
 */
record Network(InetAddress address, int prefix) {

    private static final Pattern FORM = Pattern.compile("(?<address>[^/]+)(/(?<prefix>0|[1-9][0-9]{0,2}))?");

    /** Empty if the text has another form. */
    static Optional<Network> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        return IpLiteral.parse(form.group("address"))
            .map(address -> new Network(address, form.group("prefix") == null ? bits(address) : Integer.parseInt(form.group("prefix"))))
            .filter(network -> network.prefix <= bits(network.address));
    }

    boolean contains(InetAddress other) {
        return bits(other) == bits(address) && common(other).equals(common(address));
    }

    private BigInteger common(InetAddress of) {
        return new BigInteger(1, of.getAddress()).shiftRight(bits(of) - prefix);
    }

    private static int bits(InetAddress of) {
        return of.getAddress().length * Byte.SIZE;
    }
}
