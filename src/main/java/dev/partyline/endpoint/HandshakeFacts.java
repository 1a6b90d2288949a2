package dev.partyline.endpoint;

import dev.partyline.connection.CallerRules;
import dev.partyline.line.CallerFacts;
import dev.partyline.line.CallerFacts.Named;
import dev.partyline.stats.LogThrottle;
import dev.partyline.wire.Frame;
import jakarta.websocket.server.HandshakeRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Takes from a handshake what the application may know of a client. All of it now: containers reuse the request, or throw, as soon as the handshake has ended.
 */
final class HandshakeFacts {

    private static final System.Logger LOG = System.getLogger(HandshakeFacts.class.getName());
    private static final LogThrottle UNKNOWN_ROLES = new LogThrottle();
    /** Of the address: its value is the version of the {@code $hello} for which it stands. */
    private static final String HELLO = "partyline-hello";
    /** Browsers send some dozens of characters. */
    private static final int MAX_ACCEPT_LANGUAGE = 500;

    private HandshakeFacts() {
    }

    /**
     * @param headers  without regard to case
     * @param contexts of a user, on the thread of the handshake
     * @param now      in nanoseconds, for the log
     */
    static CallerFacts of(HandshakeRequest request, Map<String, List<String>> headers, CallerRules rules, Supplier<Optional<Executor>> contexts, long now) {
        Optional<Principal> principal = Optional.ofNullable(request.getUserPrincipal());
        Named roles = Named.of(principal.isPresent() ? roles(request, rules.roles(), now) : Map.of(), rules.roles(), "declare it as a security-role in web.xml, or add it to partyline.caller.roles");
        Named chosen = Named.of(headers(headers, rules.headers()), rules.headers(), "add it to partyline.caller.headers");
        Named parameters = Named.of(parameters(request.getQueryString(), rules.parameters()), rules.parameters(), "add it to partyline.caller.parameters");
        return new CallerFacts(principal, roles, chosen, parameters, locale(headers), principal.flatMap(user -> contexts.get()), false);
    }

    /** The {@code $hello} for which the address of the handshake stands. */
    static Optional<Frame.Hello> hello(String query) {
        return Optional.ofNullable(parameters(query, Set.of(HELLO)).get(HELLO)).filter(version -> version.matches("[0-9]{1,9}")).map(version -> Frame.Hello.bare(Long.parseLong(version)));
    }

    private static Map<String, String> roles(HandshakeRequest request, Set<String> names, long now) {
        Map<String, String> roles = new HashMap<>();
        for (String role : names) {
            try {
                if (request.isUserInRole(role)) {
                    roles.put(role, "");
                }
            } catch (RuntimeException e) {
                // Users cause it by each handshake.
                long times = UNKNOWN_ROLES.onEvent(now);
                if (times > 0) {
                    LOG.log(System.Logger.Level.WARNING, "the container does not tell whether a user has the role " + role + "; it counts as not given; " + times
                        + " times since the last message about it", e);
                }
            }
        }
        return roles;
    }

    private static Map<String, String> headers(Map<String, List<String>> headers, Set<String> names) {
        Map<String, String> chosen = new HashMap<>();
        names.stream().filter(headers::containsKey).forEach(name -> chosen.put(name, String.join(", ", headers.get(name))));
        return chosen;
    }

    /** Read here, since containers differ in it: some add what is in a body or a path, or read another character set than UTF-8. */
    private static Map<String, String> parameters(String query, Set<String> names) {
        Map<String, String> chosen = new HashMap<>();
        if (query == null || names.isEmpty()) {
            return chosen;
        }
        for (String pair : query.split("&")) {
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            if (names.contains(name)) {
                chosen.putIfAbsent(name, equals < 0 ? "" : decoded(pair.substring(equals + 1)));
            }
        }
        return chosen;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            // Not encoded as a browser does: as it is.
            return text;
        }
    }

    private static Optional<Locale> locale(Map<String, List<String>> headers) {
        String languages = String.join(",", headers.getOrDefault("Accept-Language", List.of()));
        if (languages.isBlank() || languages.length() > MAX_ACCEPT_LANGUAGE) {
            return Optional.empty();
        }
        try {
            return Locale.LanguageRange.parse(languages).stream().map(Locale.LanguageRange::getRange).filter(range -> !range.contains("*")).map(Locale::forLanguageTag).findFirst();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
