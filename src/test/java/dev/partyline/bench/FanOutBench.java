package dev.partyline.bench;

import dev.partyline.line.Line;
import dev.partyline.line.LineLimits;
import dev.partyline.line.Lines;
import dev.partyline.line.Socket;
import dev.partyline.topic.Retention;
import dev.partyline.topic.Topic;
import dev.partyline.topic.Topics;
import dev.partyline.wire.CloseCode;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What it costs to hand one published message to 1,000 lines: CPU microseconds for each delivered message, of all threads, without a container and a network.
 *
 * <p>Run it after {@code mvn test-compile} with {@code java -cp target/test-classes:target/classes dev.partyline.bench.FanOutBench}.
 */
public final class FanOutBench {

    private static final int LINES = 1000;
    private static final Duration WARM_UP = Duration.ofSeconds(3);
    private static final Duration MEASURED = Duration.ofSeconds(5);
    private static final long NANOS_PER_SECOND = 1_000_000_000;
    private static final double NANOS_PER_MICRO = 1000;
    /** How far a publisher may run ahead of the slowest line, so that nothing falls off the log. */
    private static final int AHEAD = 128;

    private final AtomicLong delivered = new AtomicLong();
    private final Topics topics = new Topics(Retention.history(1024, Integer.MAX_VALUE, Duration.ofMinutes(5)), 100, Duration.ofMinutes(5), System::nanoTime);
    private final Lines lines = new Lines(new LineLimits(Integer.MAX_VALUE, 16_384, 65_536, Duration.ofSeconds(5), Duration.ofHours(1), Duration.ofHours(1),
        Duration.ofMinutes(2), 10, 1000, 512, 1 << 20, 64, 128, LINES, LINES, LINES), topics, Runtime.getRuntime().availableProcessors(), System::nanoTime, new Deaf());

    private FanOutBench() {
        lines.start();
        for (int i = 0; i < LINES; i++) {
            Line line = lines.open(false, Optional.empty(), Optional.empty()).line().orElseThrow();
            line.attach(line.carrier(new Counting(), false), new Line.Arrival(false, 0, Map.of("bench", Optional.empty()), Map.of(), "{}"));
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        FanOutBench bench = new FanOutBench();
        for (int chars : new int[] {100, 1000}) {
            String value = "\"value\":\"" + "x".repeat(chars) + "\"";
            bench.run(value, 0, WARM_UP);
            System.out.printf("%4d characters at saturation:     %s%n", chars, bench.run(value, 0, MEASURED));
            System.out.printf("%4d characters, 20 publishes a s: %s%n", chars, bench.run(value, 20, MEASURED));
        }
        bench.lines.stop();
    }

    /** @param perSecond publishes a second, or 0 for as many as the lines can take */
    private String run(String value, int perSecond, Duration time) {
        Topic topic = topics.get("bench").orElseThrow();
        long before = delivered.get();
        long cpuBefore = cpuNanos();
        long start = System.nanoTime();
        long published = 0;
        while (System.nanoTime() - start < time.toNanos()) {
            topic.publish(value, System.nanoTime());
            published++;
            long due = start + (perSecond == 0 ? 0 : published * NANOS_PER_SECOND / perSecond);
            while (due - System.nanoTime() > 0) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
            waitFor(before + (published - AHEAD) * LINES);
        }
        waitFor(before + published * LINES);
        long messages = delivered.get() - before;
        double seconds = (System.nanoTime() - start) / (double) NANOS_PER_SECOND;
        return "%.3f µs of CPU a message, %,.0f messages a second".formatted((cpuNanos() - cpuBefore) / NANOS_PER_MICRO / messages, messages / seconds);
    }

    private void waitFor(long messages) {
        while (delivered.get() < messages) {
            LockSupport.parkNanos(10_000);
        }
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    /** Takes everything at once and counts the topic's frames. */
    private final class Counting implements Socket {

        private boolean welcomed;

        @Override
        public void send(String text, Sent done) {
            if (welcomed) {
                delivered.addAndGet(frames(text));
            }
            welcomed = true;
            done.done(true);
        }

        @Override
        public void send(ByteBuffer utf8, Sent done) {
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
        public void ping() {
        }

        @Override
        public void close(CloseCode code, String reason) {
        }
    }

    private static final class Deaf implements Lines.Listener {

        @Override
        public void opened(Line line) {
        }

        @Override
        public void held(Line line) {
        }

        @Override
        public void resumed(Line line) {
        }

        @Override
        public void gone(Line line) {
        }

        @Override
        public void tabOpened(Line line, String tab) {
        }

        @Override
        public void tabGone(Line line, String tab) {
        }
    }
}
