package dev.partyline;

import dev.partyline.handler.Dispatcher;
import dev.partyline.handler.HandlerRegistry;
import dev.partyline.line.LineRegistry;
import dev.partyline.stats.Counter;
import dev.partyline.stats.Counters;
import dev.partyline.stats.LatencyHistogram;
import dev.partyline.stats.Limit;
import dev.partyline.topic.TopicRegistry;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A snapshot of what Partyline counts and measures: {@code /metrics}, the managed bean and {@code status.html} all show it. Counts are from the start
 * on.
 *
 * @param lines           lines, open and held
 * @param heldLines       lines without a connection, which can be resumed
 * @param tabs            tabs on all lines
 * @param topics          topics
 * @param runningHandlers messages that wait for their handler or are handled
 * @param hungThreads     threads with code of the application that ignores its interrupt: handlers, listeners, policies, verifiers, and what follows the answers to questions
 * @param received        what clients sent
 * @param sent            what was sent to clients
 * @param eventLoops      the work of all event loops
 * @param memory          what logs, inboxes, idempotency keys and held lines take of the heap
 * @param limits          how often clients reached each limit, by the name of its setting
 * @param handlers        the latency of handlers, by message type; that of the handler for all other types is under {@code *}
 */
public record Statistics(int lines, int heldLines, int tabs, int topics, int runningHandlers, int hungThreads, Received received, Sent sent, EventLoops eventLoops,
                         Memory memory, Map<String, Long> limits, Map<String, HandlerLatency> handlers) {

    public Statistics {
        limits = Collections.unmodifiableMap(new TreeMap<>(limits));
        handlers = Collections.unmodifiableMap(new TreeMap<>(handlers));
    }

    /**
     * What clients sent.
     *
     * @param messages WebSocket messages
     * @param chars    characters in them
     * @param faults   malformed frames
     * @param overRate frames that the rate limit rejected
     * @param refusals connections rejected
     */
    public record Received(long messages, long chars, long faults, long overRate, long refusals) {
    }

    /**
     * What was sent to clients.
     *
     * @param batches    WebSocket messages
     * @param frames     frames in them
     * @param chars      characters in them
     * @param gaps       gaps reported to lines
     * @param slowCloses connections closed because the client did not read in time
     */
    public record Sent(long batches, long frames, long chars, long gaps, long slowCloses) {
    }

    /**
     * The work of all event loops.
     *
     * @param iterations       iterations that found work
     * @param busy             their total duration
     * @param longestIteration the longest of the last ten to twenty seconds
     */
    public record EventLoops(long iterations, Duration busy, Duration longestIteration) {
    }

    /**
     * What logs, inboxes, idempotency keys and held lines take of the heap.
     *
     * @param bytes    about so much
     * @param maxBytes the share of the heap that {@code partyline.memory.percent} allows
     * @param inboundBytes what messages of clients take that are incomplete or wait for a handler, which may be half as much
     */
    public record Memory(long bytes, long maxBytes, long inboundBytes) {
    }

    /**
     * The latency of a handler, as a histogram.
     *
     * @param bounds upper bounds of the buckets
     * @param counts calls in each bucket, not cumulative; the last one counts those that took longer than every bound
     * @param total  time that all calls took together
     */
    public record HandlerLatency(List<Duration> bounds, List<Long> counts, Duration total) {

        public HandlerLatency {
            bounds = List.copyOf(bounds);
            counts = List.copyOf(counts);
            if (counts.size() != bounds.size() + 1) {
                throw new IllegalArgumentException(bounds.size() + " bounds and " + counts.size() + " counts, there must be one count more than bounds");
            }
        }

        private static HandlerLatency of(LatencyHistogram histogram) {
            return new HandlerLatency(LatencyHistogram.BOUNDS, histogram.counts(), histogram.total());
        }
    }

    static Statistics of(Counters counters, LineRegistry lines, TopicRegistry topics, Dispatcher dispatcher, int hungThreads, HandlerRegistry handlers) {
        Map<String, HandlerLatency> latencies = new HashMap<>();
        handlers.latencies().forEach((type, histogram) -> latencies.put(type, HandlerLatency.of(histogram)));
        Map<String, Long> limits = new HashMap<>();
        for (Limit limit : Limit.values()) {
            limits.put(limit.setting(), counters.hits(limit));
        }
        return new Statistics(lines.count(), lines.heldCount(), lines.tabCount(), topics.count(), dispatcher.running(), hungThreads,
            new Received(counters.sum(Counter.MESSAGES_IN), counters.sum(Counter.CHARS_IN), counters.sum(Counter.FAULTS), counters.sum(Counter.OVER_RATE),
                counters.sum(Counter.REFUSALS)),
            new Sent(counters.sum(Counter.BATCHES_OUT), counters.sum(Counter.FRAMES_OUT), counters.sum(Counter.CHARS_OUT), counters.sum(Counter.GAPS),
                counters.sum(Counter.SLOW_CLOSES)),
            new EventLoops(counters.sum(Counter.EVENT_LOOP_ITERATIONS), Duration.ofNanos(counters.sum(Counter.EVENT_LOOP_BUSY_NANOS)),
                lines.longestIteration()),
            new Memory(topics.memory().bytes(), topics.memory().maxBytes(), lines.inboundMemory().bytes()), limits, latencies);
    }
}
