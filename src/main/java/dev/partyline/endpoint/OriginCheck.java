package dev.partyline.endpoint;

import dev.partyline.connection.Authority;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Decides which pages may connect. Browsers send cookies with a WebSocket from any page, without a same-origin policy: only this check prevents it.
 */
final class OriginCheck {

    private static final Pattern ORIGIN = Pattern.compile("(?<scheme>https?)://(?<authority>.+)", Pattern.CASE_INSENSITIVE);
    private static final int HTTP = 80;
    private static final int HTTPS = 443;
    private static final int PRINTABLE_CHARS = 200;

    private OriginCheck() {
    }

    /** @param allowed additional origins that may connect, word for word; {@code *} for any */
    static boolean isListed(String origin, Set<String> allowed) {
        return allowed.contains("*") || allowed.contains(origin);
    }

    /**
     * Whether the origin is that of the server itself.
     *
     * @param origin the request's Origin header
     * @param secure whether the request came over TLS, as far as the server knows
     * @param host   the request's Host header
     */
    static boolean isOwn(String origin, boolean secure, Authority host) {
        Matcher form = ORIGIN.matcher(origin);
        if (!form.matches() || !form.group("scheme").equalsIgnoreCase(secure ? "https" : "http")) {
            return false;
        }
        int standard = secure ? HTTPS : HTTP;
        Optional<Authority> page = Authority.parse(form.group("authority"));
        return page.isPresent() && page.get().host().equals(host.host()) && page.get().port().orElse(standard) == host.port().orElse(standard);
    }

    /** A header in a form that is safe to log. */
    static String printable(String header) {
        String printable = header.replaceAll("[^\\x21-\\x7e]", "?");
        return printable.length() <= PRINTABLE_CHARS ? printable : printable.substring(0, PRINTABLE_CHARS) + "...";
    }
}
