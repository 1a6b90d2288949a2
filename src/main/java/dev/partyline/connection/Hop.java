package dev.partyline.connection;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;

/**
 * What one proxy has written about a request that it received.
 *
 * @param named  whether it has written from whom
 * @param from   the address from which it received the request; empty if it has written none, or something else
 * @param secure whether over TLS, if it has written that
 * @param host   for which host, if it has written that
 */
record Hop(boolean named, Optional<InetAddress> from, Optional<Boolean> secure, Optional<Authority> host) {

    /** Whether a scheme is that of TLS; empty for another one than a browser's. Traefik writes {@code ws} and {@code wss} for WebSockets. */
    static Optional<Boolean> secure(String scheme) {
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "https", "wss" -> Optional.of(true);
            case "http", "ws" -> Optional.of(false);
            default -> Optional.empty();
        };
    }
}
