package dev.partyline.topic;

import dev.partyline.stats.Counters;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** What it costs to append to a log, and to publish to a topic that two operators listen to. Run by {@code mvn -q -Pbench test-compile exec:exec@jmh}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class AppendBench {

    private static final int KEPT = 256;
    private static final int KEPT_CHARS = 1 << 20;

    @Param({"100", "1000"})
    private int chars;
    private String members;
    private TopicLog log;
    private Topic topic;
    private volatile long grown;

    @Setup
    public void open() {
        members = "\"value\":\"" + "x".repeat(chars) + "\"";
        log = new TopicLog(KEPT, KEPT_CHARS, Long.MAX_VALUE, new RetainedMemory(Long.MAX_VALUE));
        topic = new TopicRegistry(Retention.history(KEPT, KEPT_CHARS, Duration.ofMinutes(5)), new TopicQuotas(10, 10, 10, 10), Duration.ofMinutes(5), System::nanoTime, new Counters(),
            new RetainedMemory(Long.MAX_VALUE))
            .use("bench", TopicOwner.SERVER, Function.identity()).orElseThrow();
        topic.listen(() -> grown = 1);
        topic.listen(() -> grown = 2);
    }

    @Benchmark
    public long append() {
        return log.append(Publisher.APPLICATION, RetainedMemory.isWide(members), offset -> members, 0);
    }

    @Benchmark
    public Object publish() {
        return topic.publish(Publisher.APPLICATION, members, 0);
    }
}
