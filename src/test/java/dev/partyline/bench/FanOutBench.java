package dev.partyline.bench;

import dev.partyline.line.CallerFacts;
import dev.partyline.line.FlowLimits;
import dev.partyline.line.HoldLimits;
import dev.partyline.line.InboxLimits;
import dev.partyline.line.Line;
import dev.partyline.line.LineLimits;
import dev.partyline.line.LineRegistry;
import dev.partyline.line.Quotas;
import dev.partyline.line.RateLimits;
import dev.partyline.line.Socket;
import dev.partyline.line.Timeouts;
import dev.partyline.stats.Counters;
import dev.partyline.testing.NoopLineListener;
import dev.partyline.topic.Publisher;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.Topic;
import dev.partyline.topic.TopicOwner;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * How what a published message costs grows with the lines that hear it and with the topics that they have joined: CPU microseconds for each delivered message, of all
 * threads but for this one's waiting, without a container and a network. What is behind each figure is its ratio to the one of its row for 1,000 lines or one topic.
 *
 * <p>What is saturated is joined: many messages of one topic are one text, made once for all lines. Messages of many topics are joined for each line anew.
 *
 * <p>Run it with {@code mvn -q -Pbench test-compile exec:exec@fan-out}.
 */
public final class FanOutBench {

    private static final int[] LINES = {1000, 100, 10_000};
    private static final int[] TOPICS = {1, 10, 1000};
    private static final int USUAL_LINES = 1000;
    private static final Duration WARM_UP = Duration.ofSeconds(2);
    private static final Duration MEASURED = Duration.ofSeconds(3);
    private static final int SLOWLY = 20;
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final double NANOS_PER_MICRO = 1000;
    private static final String VALUE = "\"value\":\"" + "x".repeat(100) + "\"";
    /** How far a publisher may run ahead of the slowest line, so that nothing falls off the log. */
    private static final int AHEAD = 128;

    private final int lineCount;
    private final LongAdder welcomes = new LongAdder();
    private final LongAdder delivered = new LongAdder();
    private final TopicRegistry topics;
    private final LineRegistry lines;
    private final List<Topic> joined;

    private FanOutBench(int lineCount, int topicCount) {
        this.lineCount = lineCount;
        topics = new TopicRegistry(Retention.history(1024, Integer.MAX_VALUE, Duration.ofMinutes(5)), new TopicQuotas(2 * topicCount + 10, topicCount, topicCount, topicCount),
            Duration.ofMinutes(5), System::nanoTime, new Counters(), new RetainedMemory(Long.MAX_VALUE));
        lines = new LineRegistry(new LineLimits(new FlowLimits(Integer.MAX_VALUE, 16_384, 65_536), new Timeouts(Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofHours(1)),
            new Quotas(lineCount, lineCount, lineCount, lineCount, lineCount, 64, topicCount), new InboxLimits(512, 1 << 20), new HoldLimits(Duration.ofMinutes(2), 10, 1000),
            new RateLimits(50, 100, 1 << 18, 1 << 20)),
            topics, Runtime.getRuntime().availableProcessors(), System::nanoTime, new Counters(), new NoopLineListener());
        lines.start();
        List<String> names = IntStream.range(0, topicCount).mapToObj(i -> "bench." + i).toList();
        for (int i = 0; i < lineCount; i++) {
            Line line = lines.open(false, CallerFacts.NONE, Optional.empty()).line().orElseThrow();
            line.attach(line.newConnection(new Counting(), false), new Line.Attachment(false, 0, names.stream().collect(Collectors.toMap(Function.identity(), name -> Optional.empty())),
                Map.of(), "{}"));
        }
        // What is published before a line's operator has come to its joins is not for it.
        waitFor(welcomes, lineCount);
        joined = names.stream().map(name -> topics.use(name, TopicOwner.SERVER, Function.identity()).orElseThrow()).toList();
    }

    /**
     * @param deliveredMicros CPU of all threads for each message delivered
     * @param publishMicros   CPU of the publishing thread for each publish
     */
    private record Cost(double deliveredMicros, double publishMicros) {
    }

    public static void main(String[] arguments) throws InterruptedException {
        measure(1, 1, 1, 0);
        System.out.printf("CPU-µs for each message of 100 characters delivered, and for the publisher%n%nlines, one topic%n");
        Cost[] usual = new Cost[2];
        for (int lines : LINES) {
            usual[0] = print("%,7d, saturated".formatted(lines), measure(lines, 1, 1, 0), usual[0]);
            usual[1] = print("%,7d, %d publishes/s".formatted(lines, SLOWLY), measure(lines, 1, 1, SLOWLY), usual[1]);
        }
        System.out.printf("%ntopics that each of %,d lines has joined%n", USUAL_LINES);
        usual = new Cost[3];
        for (int topics : TOPICS) {
            usual[0] = print("%,7d, one of them published to, saturated".formatted(topics), measure(USUAL_LINES, topics, 1, 0), usual[0]);
            usual[1] = print("%,7d, each in turn, %d publishes/s".formatted(topics, SLOWLY), measure(USUAL_LINES, topics, topics, SLOWLY), usual[1]);
            usual[2] = print("%,7d, each in turn, saturated".formatted(topics), measure(USUAL_LINES, topics, topics, 0), usual[2]);
        }
    }

    /** Returns what the next ones are compared with. */
    private static Cost print(String what, Cost cost, Cost usual) {
        Cost one = usual == null ? cost : usual;
        System.out.printf("%-50s %8.3f (× %.2f)   publisher %6.2f (× %.2f)%n", what, cost.deliveredMicros(), cost.deliveredMicros() / one.deliveredMicros(),
            cost.publishMicros(), cost.publishMicros() / one.publishMicros());
        return one;
    }

    /**
     * @param topicsHeard of those joined, how many are published to
     * @param perSecond   publishes a second, or 0 for as many as the lines can take
     */
    private static Cost measure(int lineCount, int topicCount, int topicsHeard, int perSecond) throws InterruptedException {
        FanOutBench bench = new FanOutBench(lineCount, topicCount);
        try {
            bench.run(topicsHeard, 0, WARM_UP);
            return bench.run(topicsHeard, perSecond, MEASURED);
        } finally {
            bench.lines.stop();
        }
    }

    private Cost run(int topicsHeard, int perSecond, Duration time) {
        long before = delivered.sum();
        long cpuBefore = cpuNanos();
        long start = System.nanoTime();
        long published = 0;
        long publishing = 0;
        long waiting = 0;
        while (System.nanoTime() - start < time.toNanos()) {
            long from = ownCpuNanos();
            for (int i = 0; i < (perSecond == 0 ? AHEAD / 2 : 1); i++) {
                joined.get((int) (published % topicsHeard)).publish(Publisher.APPLICATION, VALUE, System.nanoTime());
                published++;
            }
            publishing += ownCpuNanos() - from;
            from = ownCpuNanos();
            long due = start + (perSecond == 0 ? 0 : published * NANOS_PER_SECOND / perSecond);
            while (due - System.nanoTime() > 0) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            waitFor(delivered, before + (published - AHEAD / 2) * lineCount);
            waiting += ownCpuNanos() - from;
        }
        long from = ownCpuNanos();
        waitFor(delivered, before + published * lineCount);
        waiting += ownCpuNanos() - from;
        return new Cost((cpuNanos() - cpuBefore - waiting) / NANOS_PER_MICRO / (published * lineCount), publishing / NANOS_PER_MICRO / published);
    }

    private static void waitFor(LongAdder count, long wanted) {
        while (count.sum() < wanted) {
            LockSupport.parkNanos(50_000);
        }
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static long ownCpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /** Takes everything at once and counts the topics' frames. */
    private final class Counting implements Socket {

        private boolean welcomed;

        @Override
        public void send(String text, SendCallback done) {
            if (welcomed) {
                delivered.add(frames(text));
            } else {
                welcomed = true;
                welcomes.increment();
            }
            done.onSent(true);
        }

        @Override
        public void send(ByteBuffer utf8, SendCallback done) {
            throw new AssertionError("this client reads no binary messages");
        }

        private static long frames(String text) {
            long frames = 1;
            for (int at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
                frames++;
            }
            return frames;
        }

        @Override
        public void ping(ByteBuffer payload) {
        }

        @Override
        public void close(CloseCode code, String reason) {
        }
    }
}
