package dev.partyline.wire;

/**
 * Validates JSON text against the grammar and the limits. It creates no objects and returns only the end of a value.
 *
 * <p>Not thread-safe; one instance for each text.
 */
final class JsonValidator {

    private final String text;
    private final JsonLimits limits;
    private int members;

    JsonValidator(String text, JsonLimits limits) {
        this.text = text;
        this.limits = limits;
    }

    /** The index of the first character at or after {@code from} that is not JSON white space, or the end of the text. */
    int skipSpace(int from) {
        int at = from;
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Skips one value. A loop instead of a recursion, so that deep nesting cannot overflow the stack. */
    int value(int start) {
        int at = start;
        int depth = 1;
        long objects = 0;
        while (true) {
            char c = charAt(at);
            if (c == '{' || c == '[') {
                if (++depth > limits.depth()) {
                    throw new BadFrameException("nested deeper than " + limits.depth());
                }
                long bit = 1L << (depth - 1);
                objects = c == '{' ? objects | bit : objects & ~bit;
                at = skipSpace(at + 1);
                if (charAt(at) == (c == '{' ? '}' : ']')) {
                    depth--;
                    at++;
                } else {
                    at = c == '{' ? beforeValue(at) : at;
                    continue;
                }
            } else {
                at = scalar(at, c);
            }
            // The end of a value: continue with its siblings, or close the containers that end with it.
            while (true) {
                if (depth == 1) {
                    return at;
                }
                boolean inObject = (objects & 1L << (depth - 1)) != 0;
                at = skipSpace(at);
                if (charAt(at) == (inObject ? '}' : ']')) {
                    depth--;
                    at++;
                    continue;
                }
                at = skipSpace(expect(',', at));
                at = inObject ? beforeValue(at) : at;
                break;
            }
        }
    }

    /** Skips a member's name and its colon. */
    private int beforeValue(int at) {
        return skipSpace(expect(':', skipSpace(name(at))));
    }

    /** Skips a member's name. */
    int name(int at) {
        if (charAt(at) != '"') {
            throw notJson(at);
        }
        if (++members > limits.members()) {
            throw new BadFrameException("more than " + limits.members() + " members");
        }
        return string(at);
    }

    private int scalar(int at, char first) {
        return switch (first) {
            case '"' -> string(at);
            case 't' -> word(at, "true");
            case 'f' -> word(at, "false");
            case 'n' -> word(at, "null");
            default -> number(at);
        };
    }

    private int word(int at, String word) {
        if (!text.startsWith(word, at)) {
            throw notJson(at);
        }
        return at + word.length();
    }

    private int number(int start) {
        int at = start;
        if (charAt(at) == '-') {
            at++;
        }
        at = charAt(at) == '0' ? at + 1 : digits(at);
        if (at < text.length() && text.charAt(at) == '.') {
            at = digits(at + 1);
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            at = digits(charAt(at) == '+' || charAt(at) == '-' ? at + 1 : at);
        }
        if (at - start > limits.numberChars()) {
            throw new BadFrameException("a number has more than " + limits.numberChars() + " characters");
        }
        return at;
    }

    private int digits(int start) {
        int at = start;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw notJson(at);
        }
        return at;
    }

    /** Skips a string with its quotes; rejects lone surrogates, which UTF-8 cannot encode. */
    private int string(int start) {
        boolean highPending = false;
        for (int at = start + 1; at < text.length(); at++) {
            char c = text.charAt(at);
            if (c == '"') {
                if (highPending) {
                    throw loneSurrogate();
                }
                return at + 1;
            }
            if (c < 0x20) {
                throw notJson(at);
            }
            if (c == '\\') {
                char escape = charAt(at + 1);
                if (escape == 'u') {
                    c = hex4(at + 2);
                    at += 5;
                } else if ("\"\\/bfnrt".indexOf(escape) >= 0) {
                    at++;
                } else {
                    throw notJson(at);
                }
            }
            boolean low = Character.isLowSurrogate(c);
            if (highPending != low) {
                throw loneSurrogate();
            }
            highPending = Character.isHighSurrogate(c);
        }
        throw notJson(text.length());
    }

    private char hex4(int at) {
        int value = 0;
        for (int i = at; i < at + 4; i++) {
            char c = charAt(i);
            // Character.digit also accepts the digits of other scripts.
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw notJson(i);
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }

    /** The value of a string literal between these indexes, quotes included. */
    String unescape(int start, int end) {
        if (!hasEscape(start, end)) {
            return text.substring(start + 1, end - 1);
        }
        StringBuilder plain = new StringBuilder(end - start);
        for (int at = start + 1; at < end - 1; at++) {
            char c = text.charAt(at);
            if (c == '\\') {
                c = text.charAt(++at);
                switch (c) {
                    case 'b' -> c = '\b';
                    case 'f' -> c = '\f';
                    case 'n' -> c = '\n';
                    case 'r' -> c = '\r';
                    case 't' -> c = '\t';
                    case 'u' -> {
                        c = hex4(at + 1);
                        at += 4;
                    }
                    default -> {
                    }
                }
            }
            plain.append(c);
        }
        return plain.toString();
    }

    /** Not by {@code indexOf}, which would search the rest of the text for each name without an escape. */
    private boolean hasEscape(int start, int end) {
        for (int at = start; at < end; at++) {
            if (text.charAt(at) == '\\') {
                return true;
            }
        }
        return false;
    }

    int expect(char expected, int at) {
        if (charAt(at) != expected) {
            throw notJson(at);
        }
        return at + 1;
    }

    char charAt(int at) {
        if (at >= text.length()) {
            throw notJson(at);
        }
        return text.charAt(at);
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    private static BadFrameException notJson(int at) {
        return new BadFrameException("not JSON at character " + at);
    }

    private static BadFrameException loneSurrogate() {
        return new BadFrameException("lone surrogate in a string");
    }
}
