package dev.partyline.wire;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * What the HTTP API is asked to do to lines: {@code {"line":…,"code":…,"reason":…,"topic":…}}. It names the lines by one of {@code line}, {@code tab} and {@code user}.
 *
 * @param subject  the member that names them
 * @param name     its value
 * @param code     of a close
 * @param reason   for people
 * @param topic    that the lines are taken off
 */
public record ApiAct(Subject subject, String name, OptionalInt code, Optional<String> reason, Optional<String> topic) {

    /** What is named: one line, the line of a tab, or all lines of a user. */
    public enum Subject { LINE, TAB, USER }

    private static final List<String> SUBJECTS = List.of("line", "tab", "user");

    /**
     * @param members the members that this act needs besides the one that names the lines
     * @throws BadFrameException if one is missing or malformed
     */
    public static ApiAct read(String body, JsonLimits limits, String... members) {
        String text = body.strip();
        if (!text.startsWith("{")) {
            throw new BadFrameException("the body must be a JSON object");
        }
        JsonObjectScanner scan = JsonObjectScanner.object(text, 0, limits);
        if (!scan.isAll()) {
            throw new BadFrameException("something follows the object");
        }
        List<String> named = SUBJECTS.stream().filter(scan::has).toList();
        if (named.size() != 1) {
            throw new BadFrameException("exactly one of line, tab and user must be named");
        }
        Optional<String> missing = Stream.of(members).filter(member -> !scan.has(member)).findFirst();
        if (missing.isPresent()) {
            throw new BadFrameException(missing.get() + " is missing");
        }
        Subject subject = Subject.values()[SUBJECTS.indexOf(named.get(0))];
        String name = string(scan, named.get(0)).filter(value -> !value.isEmpty()).orElseThrow(() -> new BadFrameException(named.get(0) + " must not be empty"));
        return new ApiAct(subject, name, code(scan), string(scan, "reason"), string(scan, "topic"));
    }

    private static Optional<String> string(JsonObjectScanner scan, String name) {
        Optional<String> value = scan.string(name);
        if (value.isEmpty() && scan.has(name)) {
            throw new BadFrameException(name + " must be a string");
        }
        return value;
    }

    private static OptionalInt code(JsonObjectScanner scan) {
        Optional<String> raw = scan.raw("code");
        if (raw.isEmpty()) {
            return OptionalInt.empty();
        }
        if (!raw.get().matches("[1-9]\\d{3}")) {
            throw new BadFrameException("code must be an integer of four digits");
        }
        return OptionalInt.of(Integer.parseInt(raw.get()));
    }
}
