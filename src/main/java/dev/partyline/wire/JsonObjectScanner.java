package dev.partyline.wire;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Scans a frame once, before any of it is bound to objects: checks that it is one well-formed JSON object within the limits, and finds its members.
 *
 * <p>JSON parsers were found to overflow the stack on 230 bytes of brackets, to spend 14 seconds on one number, to accept duplicate keys and to ignore text after the
 * first document. This class rejects all of that. Values that only pass through are never parsed again: a member's value is its unmodified text.
 *
 * <p>Not thread-safe; one instance for each frame.
 */
final class JsonObjectScanner {

    private static final int INITIAL_CAPACITY = 8;
    /** Up to so many members, comparing the names one by one is faster than a map. */
    private static final int MAX_UNINDEXED = 16;

    private final String text;
    private final JsonValidator validator;

    private String[] names = new String[INITIAL_CAPACITY];
    private int[] starts = new int[INITIAL_CAPACITY];
    private int[] ends = new int[INITIAL_CAPACITY];
    private int count;
    /** Where each name is; null while there are few. Names that share a hash code are no attack: the map compares strings by their order then. */
    private Map<String, Integer> index;
    private int objectEnd;

    private JsonObjectScanner(String text, JsonLimits limits) {
        this.text = text;
        this.validator = new JsonValidator(text, limits);
    }

    /**
     * Scans the object that begins at or after {@code from}.
     *
     * @throws BadFrameException with tab and id of the frame, as far as they precede the error
     */
    static JsonObjectScanner object(String text, int from, JsonLimits limits) {
        JsonObjectScanner scan = new JsonObjectScanner(text, limits);
        try {
            scan.scanObject(scan.validator.skipSpace(from));
            return scan;
        } catch (BadFrameException e) {
            throw e.of(FrameReader.tabOf(scan), FrameReader.idOf(scan));
        }
    }

    /**
     * The elements of an array, each as unmodified text.
     *
     * @throws BadFrameException if the text is not exactly one array
     */
    static List<String> elements(String array, JsonLimits limits) {
        JsonValidator validator = new JsonValidator(array, limits);
        List<String> elements = new ArrayList<>();
        int at = validator.skipSpace(validator.expect('[', 0));
        while (validator.charAt(at) != ']') {
            if (!elements.isEmpty()) {
                at = validator.skipSpace(validator.expect(',', at));
            }
            int end = validator.value(at);
            elements.add(array.substring(at, end));
            at = validator.skipSpace(end);
        }
        if (validator.skipSpace(at + 1) < array.length()) {
            throw new BadFrameException("something follows the array");
        }
        return elements;
    }

    String text() {
        return text;
    }

    /** The index after the object. */
    int end() {
        return objectEnd;
    }

    /** Whether only white space follows the object. */
    boolean isAll() {
        return validator.skipSpace(objectEnd) == text.length();
    }

    boolean has(String name) {
        return indexOf(name) >= 0;
    }

    /** A member's value as unmodified text. */
    Optional<String> raw(String name) {
        int index = indexOf(name);
        return index < 0 ? Optional.empty() : Optional.of(text.substring(starts[index], ends[index]));
    }

    /** A member's value, if it is a string. */
    Optional<String> string(String name) {
        int index = indexOf(name);
        return index < 0 || text.charAt(starts[index]) != '"' ? Optional.empty() : Optional.of(validator.unescape(starts[index], ends[index]));
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
        if (index != null) {
            return index.getOrDefault(name, -1);
        }
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
        int at = validator.skipSpace(start + 1);
        if (at < text.length() && text.charAt(at) == '}') {
            objectEnd = at + 1;
            return;
        }
        while (true) {
            int nameEnd = validator.name(at);
            String name = validator.unescape(at, nameEnd);
            if (indexOf(name) >= 0) {
                throw new BadFrameException("two members of the frame have the same name");
            }
            int valueStart = validator.skipSpace(validator.expect(':', validator.skipSpace(nameEnd)));
            int valueEnd = validator.value(valueStart);
            add(name, valueStart, valueEnd);
            at = validator.skipSpace(valueEnd);
            if (validator.charAt(at) == '}') {
                objectEnd = at + 1;
                return;
            }
            at = validator.skipSpace(validator.expect(',', at));
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
        if (index != null) {
            index.put(name, count - 1);
        } else if (count > MAX_UNINDEXED) {
            index = new HashMap<>();
            for (int i = 0; i < count; i++) {
                index.put(names[i], i);
            }
        }
    }
}
