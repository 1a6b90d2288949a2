package dev.partyline.wire;

/**
 * Walks over JSON text and refuses what is none, or is more than the limits allow. It makes nothing of what it sees but the place where it ends.
 *
 * <p>Not safe for threads; made for one text.
 */
final class JsonValidator {

    private final String text;
    private final JsonLimits limits;
    private int members;

    JsonValidator(String text, JsonLimits limits) {
        this.text = text;
        this.limits = limits;
    }

    /** The first character at or after {@code from} that is no JSON white space, or the text's end. */
    int skipSpace(int from) {
        int at = from;
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    /** Over one value. A loop, not a recursion: how deep a peer nests is no business of our stack. */
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
            // A value has ended: go on with its siblings, or close what it was the last of.
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

    /** Over a member's name and its colon, to its value. */
    private int beforeValue(int at) {
        return skipSpace(expect(':', skipSpace(name(at))));
    }

    /** Over a member's name. */
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

    /** From an opening quote to behind the closing one; refuses half a surrogate pair, which would leave us as a question mark. */
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
            // Character.digit also takes the digits of other scripts.
            int digit = c < 0x80 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw notJson(i);
            }
            value = value << 4 | digit;
        }
        return (char) value;
    }

    /** What a string says that lies, quotes and all, between these. */
    String unescape(int start, int end) {
        int escape = text.indexOf('\\', start + 1);
        if (escape < 0 || escape >= end) {
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
        return new BadFrameException("half a surrogate pair in a string");
    }
}
