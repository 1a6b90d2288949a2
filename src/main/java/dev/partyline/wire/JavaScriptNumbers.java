package dev.partyline.wire;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * Finds integers in JSON that a page would not receive as they are: JavaScript has floating-point numbers only, and rounds an integer beyond ±(2^53−1) without an error.
 *
 * <p>A number with a fraction or an exponent is a floating-point number to both sides, and is not looked at.
 */
public final class JavaScriptNumbers {

    /** 2^53−1, the largest integer up to which JavaScript represents every one exactly. */
    public static final long MAX_SAFE_INTEGER = (1L << 53) - 1;

    private static final String LARGEST = Long.toString(MAX_SAFE_INTEGER);

    private JavaScriptNumbers() {
    }

    /** An integer that JavaScript rounds, and the path to it, such as {@code order.items[2].id}; empty if it is the whole value. */
    public record Rounded(String number, String path) {

        @Override
        public String toString() {
            return (path.isEmpty() ? "the integer " : "the integer at " + path + ", ") + number + ", is beyond ±(2^53-1), and pages would get another one: send it as a string";
        }
    }

    /** The first integer in well-formed JSON that is beyond ±{@link #MAX_SAFE_INTEGER}. */
    public static Optional<Rounded> findRounded(String json) {
        int at = 0;
        while (at < json.length()) {
            char c = json.charAt(at);
            if (c == '"') {
                at = endOfString(json, at);
            } else if (isNumber(c)) {
                int end = endOfNumber(json, at);
                if (isRounded(json, at, end)) {
                    return Optional.of(new Rounded(json.substring(at, end), pathTo(json, at)));
                }
                at = end;
            } else {
                at++;
            }
        }
        return Optional.empty();
    }

    private static boolean isNumber(char c) {
        return c >= '0' && c <= '9' || c == '-';
    }

    /** The index after a string's closing quote. */
    private static int endOfString(String json, int start) {
        int at = start + 1;
        while (at < json.length() && json.charAt(at) != '"') {
            at += json.charAt(at) == '\\' ? 2 : 1;
        }
        return at + 1;
    }

    private static int endOfNumber(String json, int start) {
        int at = start + 1;
        while (at < json.length() && (isNumber(json.charAt(at)) || ".eE+".indexOf(json.charAt(at)) >= 0)) {
            at++;
        }
        return at;
    }

    private static boolean isRounded(String json, int start, int end) {
        int first = json.charAt(start) == '-' ? start + 1 : start;
        int digits = end - first;
        if (digits < LARGEST.length()) {
            return false;
        }
        for (int i = first; i < end; i++) {
            if (json.charAt(i) < '0' || json.charAt(i) > '9') {
                return false;
            }
        }
        return digits > LARGEST.length() || json.substring(first, end).compareTo(LARGEST) > 0;
    }

    /** For the message of an error only: the members and indexes that lead to this index. */
    private static String pathTo(String json, int target) {
        Deque<Step> steps = new ArrayDeque<>();
        for (int at = 0; at < target; at++) {
            switch (json.charAt(at)) {
                case '{' -> steps.addLast(new Step(false));
                case '[' -> steps.addLast(new Step(true));
                case '}', ']' -> steps.removeLast();
                case ',' -> steps.getLast().index++;
                case '"' -> {
                    int end = endOfString(json, at);
                    if (!steps.isEmpty() && !steps.getLast().array) {
                        steps.getLast().name = json.substring(at + 1, end - 1);
                    }
                    at = end - 1;
                }
                default -> { }
            }
        }
        StringBuilder path = new StringBuilder();
        for (Step step : steps) {
            path.append(step.array ? "[" + step.index + "]" : path.isEmpty() ? step.name : "." + step.name);
        }
        return path.toString();
    }

    /** Where a path is within an object or an array. */
    private static final class Step {

        private final boolean array;
        private String name = "";
        private int index;

        private Step(boolean array) {
            this.array = array;
        }
    }
}
