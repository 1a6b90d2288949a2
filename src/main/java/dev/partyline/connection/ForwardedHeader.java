package dev.partyline.connection;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads the header {@code Forwarded} (RFC 7239), in time proportional to its length.
 *
 * <p>It is strict: a client may begin the header, and the proxy appends to it. If what the client has written is malformed, such as a quote that does not end, what the proxy has appended
 * could be read in two ways. So nothing of such a line counts.
 */
final class ForwardedHeader {

    /** That a proxy has passed the request on, and no more. */
    private static final Hop MALFORMED = new Hop(true, Optional.empty(), Optional.empty(), Optional.empty());
    private static final String TOKEN_CHARS = "!#$%&'*+-.^_`|~";
    private static final char DELETE = 0x7f;

    private final String line;
    private int at;

    private ForwardedHeader(String line) {
        this.line = line;
    }

    /**
     * @param lines all headers of this name, in their order
     * @return the hops, in their order: the last one was written by the proxy that sent the request
     */
    static List<Hop> read(List<String> lines) {
        List<Hop> hops = new ArrayList<>();
        for (String line : lines) {
            new ForwardedHeader(line).elements().ifPresentOrElse(hops::addAll, () -> hops.add(MALFORMED));
        }
        return hops;
    }

    /** Empty if the line is malformed. */
    private Optional<List<Hop>> elements() {
        List<Hop> hops = new ArrayList<>();
        while (true) {
            skipSpace();
            // RFC 9110, 5.6.1: elements of a list may be empty.
            if (!atEnd() && line.charAt(at) != ',') {
                Optional<Hop> hop = element();
                if (hop.isEmpty()) {
                    return Optional.empty();
                }
                hops.add(hop.get());
                skipSpace();
            }
            if (atEnd()) {
                return Optional.of(hops);
            }
            if (!skip(',')) {
                return Optional.empty();
            }
        }
    }

    private Optional<Hop> element() {
        Map<String, String> pairs = new HashMap<>();
        do {
            String name = token().toLowerCase(Locale.ROOT);
            if (name.isEmpty()) {
                // A pair may be missing.
                continue;
            }
            Optional<String> value = skip('=') ? value() : Optional.empty();
            if (value.isEmpty() || pairs.put(name, value.get()) != null) {
                return Optional.empty();
            }
        } while (skip(';'));
        String from = pairs.get("for");
        return Optional.of(new Hop(from != null, Optional.ofNullable(from).flatMap(IpLiteral::ofNode), Optional.ofNullable(pairs.get("proto")).flatMap(Hop::secure),
            Optional.ofNullable(pairs.get("host")).flatMap(Authority::parse)));
    }

    private Optional<String> value() {
        if (skip('"')) {
            return quoted();
        }
        String token = token();
        return token.isEmpty() ? Optional.empty() : Optional.of(token);
    }

    private String token() {
        int start = at;
        while (!atEnd() && isTokenChar(line.charAt(at))) {
            at++;
        }
        return line.substring(start, at);
    }

    /** After the quote that begins it. */
    private Optional<String> quoted() {
        StringBuilder text = new StringBuilder();
        while (!atEnd()) {
            if (skip('"')) {
                return Optional.of(text.toString());
            }
            skip('\\');
            if (atEnd() || isControl(line.charAt(at))) {
                return Optional.empty();
            }
            text.append(line.charAt(at++));
        }
        return Optional.empty();
    }

    private void skipSpace() {
        while (!atEnd() && (line.charAt(at) == ' ' || line.charAt(at) == '\t')) {
            at++;
        }
    }

    private boolean skip(char expected) {
        boolean found = !atEnd() && line.charAt(at) == expected;
        at += found ? 1 : 0;
        return found;
    }

    private boolean atEnd() {
        return at == line.length();
    }

    private static boolean isTokenChar(char c) {
        return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || TOKEN_CHARS.indexOf(c) >= 0;
    }

    private static boolean isControl(char c) {
        return c < ' ' && c != '\t' || c == DELETE;
    }
}
