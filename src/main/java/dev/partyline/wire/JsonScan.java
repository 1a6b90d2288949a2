package dev.partyline.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One linear look at a frame before anything is bound: it is one well-formed JSON object within the limits, and its members lie here and there.
 *
 * <p>JSON parsers were found to overflow the stack on 230 bytes of brackets, to spend 14 seconds on one number, to let the last of two equal keys
 * win and to ignore what follows the first document. None of that gets past this class, and what only passes through us is never parsed again:
 * a member's value is handed on as the text it came as.
 *
 * <p>Not safe for threads; made for one frame.
 */
final class JsonScan {

    private static final int USUAL_MEMBERS = 8;

    private final String text;
    private final JsonLimits limits;
    private int members;

    private String[] names = new String[USUAL_MEMBERS];
    private int[] starts = new int[USUAL_MEMBERS];
    private int[] ends = new int[USUAL_MEMBERS];
    private int count;
    private int objectEnd;

    private JsonScan(String text, JsonLimits limits) {
        this.text = text;
        this.limits = limits;
    }

    /**
     * Scans the object that begins at or after {@code from}.
     *
     * @throws BadFrameException with the tab and id of the frame, as far as they came before the fault
     */
    static JsonScan object(String text, int from, JsonLimits limits) {
        JsonScan scan = new JsonScan(text, limits);
        try {
            scan.scanObject(scan.skipSpace(from));
            return scan;
        } catch (BadFrameException e) {
            throw e.of(FrameReader.tabOf(scan), FrameReader.idOf(scan));
        }
    }

    /**
     * The elements of an array, each as it came.
     *
     * @throws BadFrameException if the text is not one array
     */
    static List<String> elements(String array, JsonLimits limits) {
        JsonScan scan = new JsonScan(array, limits);
        List<String> elements = new ArrayList<>();
        int at = scan.skipSpace(scan.expect('[', 0));
        while (scan.charAt(at) != ']') {
            if (!elements.isEmpty()) {
                at = scan.skipSpace(scan.expect(',', at));
            }
            int end = scan.scanValue(at);
            elements.add(array.substring(at, end));
            at = scan.skipSpace(end);
        }
        if (scan.skipSpace(at + 1) < array.length()) {
            throw new BadFrameException("something follows the array");
        }
        return elements;
    }

    /** Where the object ends, exclusive. */
    int end() {
        return objectEnd;
    }

    /** The first character at or after {@code from} that is no JSON white space, or the text's end. */
    int skipSpace(int from) {
        int at = from;
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
        return at;
    }

    boolean has(String name) {
        return indexOf(name) >= 0;
    }

    /** A member's value as it came. */
    Optional<String> raw(String name) {
        int index = indexOf(name);
        return index < 0 ? Optional.empty() : Optional.of(text.substring(starts[index], ends[index]));
    }

    /** A member's value, if it is there and is a string. */
    Optional<String> string(String name) {
        int index = indexOf(name);
        return index < 0 || text.charAt(starts[index]) != '"' ? Optional.empty() : Optional.of(unescape(starts[index], ends[index]));
    }

    boolean isObject(String name) {
        int index = indexOf(name);
        return index >= 0 && text.charAt(starts[index]) == '{';
    }

    boolean isArray(String name) {
        int index = indexOf(name);
        return index >= 0 && text.charAt(starts[index]) == '[';
    }

    int memberCount() {
        return count;
    }

    String name(int index) {
        return names[index];
    }

    String raw(int index) {
        return text.substring(starts[index], ends[index]);
    }

    private int indexOf(String name) {
        for (int i = 0; i < count; i++) {
            if (names[i].equals(name)) {
                return i;
            }
        }
        return -1;
    }

    private void scanObject(int start) {
        if (start >= text.length() || text.charAt(start) != '{') {
            throw new BadFrameException("a frame must be a JSON object");
        }
        int at = skipSpace(start + 1);
        if (at < text.length() && text.charAt(at) == '}') {
            objectEnd = at + 1;
            return;
        }
        while (true) {
            int nameEnd = scanName(at);
            String name = unescape(at, nameEnd);
            if (indexOf(name) >= 0) {
                throw new BadFrameException("two members of the frame have the same name");
            }
            int valueStart = skipSpace(expect(':', skipSpace(nameEnd)));
            int valueEnd = scanValue(valueStart);
            add(name, valueStart, valueEnd);
            at = skipSpace(valueEnd);
            if (charAt(at) == '}') {
                objectEnd = at + 1;
                return;
            }
            at = skipSpace(expect(',', at));
        }
    }

    private void add(String name, int start, int end) {
        if (count == names.length) {
            names = Arrays.copyOf(names, count * 2);
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
        }
        names[count] = name;
        starts[count] = start;
        ends[count] = end;
        count++;
    }

    /** A loop, not a recursion: how deep a peer nests is no business of our stack. */
    private int scanValue(int start) {
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
                at = scanScalar(at, c);
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
        return skipSpace(expect(':', skipSpace(scanName(at))));
    }

    private int scanName(int at) {
        if (charAt(at) != '"') {
            throw notJson(at);
        }
        if (++members > limits.members()) {
            throw new BadFrameException("more than " + limits.members() + " members");
        }
        return scanString(at);
    }

    private int scanScalar(int at, char first) {
        return switch (first) {
            case '"' -> scanString(at);
            case 't' -> scanWord(at, "true");
            case 'f' -> scanWord(at, "false");
            case 'n' -> scanWord(at, "null");
            default -> scanNumber(at);
        };
    }

    private int scanWord(int at, String word) {
        if (!text.startsWith(word, at)) {
            throw notJson(at);
        }
        return at + word.length();
    }

    private int scanNumber(int start) {
        int at = start;
        if (charAt(at) == '-') {
            at++;
        }
        at = charAt(at) == '0' ? at + 1 : scanDigits(at);
        if (at < text.length() && text.charAt(at) == '.') {
            at = scanDigits(at + 1);
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            at = scanDigits(charAt(at) == '+' || charAt(at) == '-' ? at + 1 : at);
        }
        if (at - start > limits.numberChars()) {
            throw new BadFrameException("a number has more than " + limits.numberChars() + " characters");
        }
        return at;
    }

    private int scanDigits(int start) {
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
    private int scanString(int start) {
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

    private String unescape(int start, int end) {
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

    private int expect(char expected, int at) {
        if (charAt(at) != expected) {
            throw notJson(at);
        }
        return at + 1;
    }

    private char charAt(int at) {
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
