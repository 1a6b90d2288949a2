package dev.partyline.connection;

import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Host and port of a Host header or of an origin (RFC 6454). The grammar is as strict as what browsers send: a name of ASCII letters, digits, {@code . _ -}, or an IPv6 address
 * in brackets, and a port without leading zeros. So there is no user, no path, and no second way to write a host.
 *
 * @param host in small letters
 */
public record Authority(String host, OptionalInt port) {

    private static final int MAX_PORT = 65_535;
    private static final Pattern FORM = Pattern.compile("(?<host>[A-Za-z0-9._-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}])(:(?<port>[1-9][0-9]{0,4}))?");

    /** Empty if the text has another form. */
    public static Optional<Authority> parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            return Optional.empty();
        }
        OptionalInt port = form.group("port") == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(form.group("port")));
        return port.orElse(0) > MAX_PORT ? Optional.empty() : Optional.of(new Authority(form.group("host").toLowerCase(Locale.ROOT), port));
    }
}
