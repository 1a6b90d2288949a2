package dev.partyline.endpoint;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;

/**
 * Decides which pages may connect. Browsers send cookies with a WebSocket from any page, without a same-origin policy: only this check prevents it.
 */
final class OriginCheck {

    private static final int HTTP = 80;
    private static final int HTTPS = 443;
    private static final int PRINTABLE_CHARS = 200;

    private OriginCheck() {
    }

    /**
     * @param origin  the request's Origin header
     * @param secure  whether the request came over TLS, as far as the server knows
     * @param host    the request's Host header
     * @param allowed additional origins that may connect; {@code *} for any
     */
    static boolean isAllowed(String origin, boolean secure, String host, Set<String> allowed) {
        if (allowed.contains("*") || allowed.contains(origin)) {
            return true;
        }
        String ownScheme = secure ? "https" : "http";
        if (origin.equalsIgnoreCase(ownScheme + "://" + host)) {
            // A plain comparison first: java.net.URI rejects some host names, such as those with an underscore.
            return true;
        }
        try {
            URI page = new URI(origin);
            URI own = new URI(ownScheme + "://" + host);
            return ownScheme.equals(page.getScheme()) && own.getHost() != null && own.getHost().equalsIgnoreCase(page.getHost()) && port(own) == port(page);
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? HTTPS : HTTP;
    }

    /** A header in a form that is safe to log. */
    static String printable(String header) {
        String printable = header.replaceAll("[^\\x21-\\x7e]", "?");
        return printable.length() <= PRINTABLE_CHARS ? printable : printable.substring(0, PRINTABLE_CHARS) + "...";
    }
}
