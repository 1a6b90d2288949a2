package dev.partyline.wire;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/** What it costs to read what a client says: the look before any binding alone, and all of it. Run by {@code mvn -q -Pbench test-compile exec:exec@jmh}. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadingBench {

    private final FrameReader reader = new FrameReader(Reader.LIMITS);

    @Param({"ack", "request100", "publish1000"})
    private String frame;
    private String text;

    @Setup
    public void write() {
        String value = "\"id\":1234,\"value\":{\"sent\":\"2026-01-01T00:00:00Z\",\"from\":\"user-17\",\"body\":\"";
        text = switch (frame) {
            case "ack" -> "{\"type\":\"$ack\",\"bytes\":40960,\"inbox\":18}";
            case "request100" -> "{\"type\":\"deleteFile\",\"from\":\"tab-1\"," + value + "x".repeat(30) + "\"}}";
            default -> "{\"type\":\"$publish\",\"topic\":\"demo.chat\",\"from\":\"tab-1\"," + value + "x".repeat(930) + "\"}}";
        };
    }

    @Benchmark
    public Object scan() {
        return JsonObjectScanner.object(text, 0, Reader.LIMITS);
    }

    @Benchmark
    public void read(Blackhole hole) {
        reader.read(text, new FrameReader.Listener() {
            @Override
            public void onFrame(Frame frame, int length) {
                hole.consume(frame);
            }

            @Override
            public void onBadFrame(BadFrameException fault) {
                throw fault;
            }

            @Override
            public void onBlankLines(int length) {
                // There are none.
            }
        });
    }
}
