package dev.partyline.wire;

import java.util.List;
import java.util.function.IntPredicate;

/** The rules for names. Names consist of a few ASCII characters, so that they are safe in logs, pages and URLs. */
public final class Names {

    /** Longest tab id, in characters. */
    public static final int TAB_CHARS = 64;
    /** Longest type or topic, in characters. */
    public static final int NAME_CHARS = 128;

    /** The events of a line in the page: its listeners of these names receive no messages, so no message has such a type. */
    public static final List<String> EVENT_TYPES = List.of("status", "gap", "upgrade", "error");

    private static final String TAB_RULE = "must be 1 to " + TAB_CHARS + " characters of A-Z a-z 0-9 _ -";

    private Names() {
    }

    public static boolean isTab(String id) {
        return consistsOf(id, TAB_CHARS, Names::isTabChar);
    }

    /** Whether an application may register or send a type, or a client may use a topic. Reserved names begin with {@code $}, {@code @} or {@code *}. */
    public static boolean isOpen(String name) {
        return consistsOf(name, NAME_CHARS, c -> isTabChar(c) || c == '.' || c == ':' || c == '/');
    }

    /** @throws IllegalArgumentException unless {@code type} may be sent and registered by an application */
    public static String requireType(String type) {
        if (isEventType(type)) {
            throw new IllegalArgumentException(eventTypeRule(type));
        }
        return require("type", type);
    }

    /** Whether pages use this name for an event of their line, so that no listener would receive a message of this type. */
    public static boolean isEventType(String type) {
        return EVENT_TYPES.contains(type);
    }

    /** Why a message cannot have an event's type. */
    public static String eventTypeRule(String type) {
        return "type \"" + type + "\" cannot be received by pages, which use the names " + String.join(", ", EVENT_TYPES) + " for events of the line";
    }

    /** @throws IllegalArgumentException unless {@code topic} may be joined and published to */
    public static String requireTopic(String topic) {
        return require("topic", topic);
    }

    private static String require(String what, String name) {
        if (!isOpen(name)) {
            throw new IllegalArgumentException(what + " " + quoted(name) + " " + nameRule(NAME_CHARS));
        }
        return name;
    }

    static BadFrameException badTab(String what) {
        return new BadFrameException(what + " " + TAB_RULE);
    }

    static BadFrameException badName(String what, int max) {
        return new BadFrameException(what + " " + nameRule(max));
    }

    private static String nameRule(int max) {
        return "must be 1 to " + max + " characters of A-Z a-z 0-9 _ . : / -";
    }

    /** For error messages: without control characters, and at most as long as a valid name. */
    private static String quoted(String name) {
        String head = name.length() <= NAME_CHARS ? name : name.substring(0, NAME_CHARS) + "…";
        return '"' + head.replaceAll("[^\\x20-\\x7e…]", "?") + '"';
    }

    private static boolean consistsOf(String name, int max, IntPredicate allowed) {
        if (name.isEmpty() || name.length() > max) {
            return false;
        }
        // No stream: this is called several times for each frame.
        for (int i = 0; i < name.length(); i++) {
            if (!allowed.test(name.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isTabChar(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '-';
    }
}
