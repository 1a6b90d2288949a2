package dev.partyline.line;

import dev.partyline.wire.Frame;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.LongSupplier;

/**
 * Lines that the application has closed for good: a browser that was away at that moment, and wants to resume its line, gets the code and the reason instead.
 *
 * <p>It gets them once: what its pages connect after that is a new line. A line is remembered for as long as a held line, and as many are as lines are held. Beyond that the oldest is
 * forgotten, whose browser gets a new line at once.
 *
 * <p>Any thread may call.
 */
final class EndedLines {

    private final long keptNanos;
    private final int max;
    private final LongSupplier nanoTime;
    /** By the line's id, the oldest first. */
    private final Map<String, Ended> lines = new LinkedHashMap<>();

    private record Ended(String key, Closing why, long at) {
    }

    EndedLines(Duration kept, int max, LongSupplier nanoTime) {
        this.keptNanos = kept.toNanos();
        this.max = max;
        this.nanoTime = nanoTime;
    }

    synchronized void add(Line line, Closing why) {
        lines.putIfAbsent(line.id(), new Ended(line.key(), why, nanoTime.getAsLong()));
        if (lines.size() > max) {
            removeOldest();
        }
    }

    private void removeOldest() {
        Iterator<Ended> oldest = lines.values().iterator();
        oldest.next();
        oldest.remove();
    }

    /** Why the line has ended that a browser wants to resume, if it has the line's key. The line is forgotten. */
    synchronized Optional<Closing> take(Frame.Resume wanted, BiPredicate<String, String> sameSecret) {
        Optional<Ended> ended = Optional.ofNullable(lines.get(wanted.line())).filter(line -> sameSecret.test(line.key(), wanted.key()));
        ended.ifPresent(line -> lines.remove(wanted.line()));
        return ended.map(Ended::why);
    }

    /** Forgets those that are older than a held line may be. */
    synchronized void sweep() {
        long now = nanoTime.getAsLong();
        lines.values().removeIf(line -> now - line.at() > keptNanos);
    }
}
