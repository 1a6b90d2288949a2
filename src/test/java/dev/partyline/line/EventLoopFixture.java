package dev.partyline.line;

import dev.partyline.line.Line.Attachment;
import dev.partyline.stats.Counters;
import dev.partyline.testing.Clock;
import dev.partyline.topic.Publisher;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.Topic;
import dev.partyline.topic.TopicOwner;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** An event loop whose iterations the test runs on its own thread, with lines, topics and a clock. Blocking tasks run at once. */
final class EventLoopFixture {

    static final Duration TICK = Duration.ofMillis(250);

    final Clock clock = new Clock();
    final RecordingLineListener events = new RecordingLineListener();
    final Limits limits = new Limits();
    final RetainedMemory memory;
    final TopicRegistry topics;
    final Counters counters = new Counters();
    final EventLoop loop;
    private LineRegistry lines;
    private final List<FakeSocket> sockets = new ArrayList<>();
    private int lineCount;

    EventLoopFixture() {
        this(new RetainedMemory(1 << 30));
    }

    EventLoopFixture(RetainedMemory memory) {
        this.memory = memory;
        this.topics = new TopicRegistry(Retention.history(256, 1 << 20, Duration.ofMinutes(5)), new TopicQuotas(1000, 500, 800, 800), Duration.ofMinutes(5), clock, counters, memory);
        this.loop = new EventLoop("event-loop", topics, Runnable::run, clock, TICK, counters);
        loop.adoptCurrentThread();
    }

    /** Its own event loop has no lines: each line of the fixture has the fixture's. */
    LineRegistry lines() {
        lines = lines == null ? new LineRegistry(limits.build(), topics, 1, clock, counters, events) : lines;
        return lines;
    }

    Line line() {
        return line(false, Optional.empty());
    }

    Line line(EventLoop of) {
        return new Line("line-" + lineCount++, "key", false, Optional.empty(), CallerFacts.NONE, of, lines(), limits.build(), memory);
    }

    Line line(boolean plain, Optional<String> user) {
        Line line = new Line("line-" + lineCount++, "key", plain, Optional.empty(), CallerFacts.ofUser(user), loop, lines(), limits.build(), memory);
        line.reserve();
        return line;
    }

    FakeSocket socket() {
        FakeSocket socket = new FakeSocket();
        sockets.add(socket);
        return socket;
    }

    /** A line with a connection on this socket, whose welcome was sent. */
    Line open(FakeSocket socket, String... topics) {
        Line line = line();
        attach(line, socket, topics);
        return line;
    }

    Line plain(FakeSocket socket) {
        Line line = line(true, Optional.empty());
        attach(line, socket);
        return line;
    }

    LineConnection attach(Line line, FakeSocket socket, String... topics) {
        Map<String, Optional<Position>> wanted = new LinkedHashMap<>();
        for (String topic : topics) {
            wanted.put(topic, Optional.empty());
        }
        return attach(line, socket, new Attachment(false, 0, wanted, Map.of(), "{}"));
    }

    LineConnection attach(Line line, FakeSocket socket, Attachment attachment) {
        LineConnection connection = line.newConnection(socket, socket.binary);
        line.attach(connection, attachment);
        runAll();
        return connection;
    }

    LineConnection resume(Line line, FakeSocket socket, long inbox, Map<String, Position> topics) {
        Map<String, Optional<Position>> wanted = new LinkedHashMap<>();
        topics.forEach((topic, at) -> wanted.put(topic, Optional.of(at)));
        if (!line.reserve()) {
            throw new AssertionError("the line is removed");
        }
        return attach(line, socket, new Attachment(true, inbox, wanted, Map.of(), "{}"));
    }

    Topic topic(String name) {
        return topics.use(name, TopicOwner.SERVER, Function.identity()).orElseThrow();
    }

    Position publish(String topic, Object value) {
        return topic(topic).publish(Publisher.APPLICATION, "\"value\":" + value, clock.getAsLong());
    }

    /** Publishes so many numbers, from 0, each in a frame of about so many characters. */
    void publish(String topic, int count, int chars) {
        for (int i = 0; i < count; i++) {
            topic(topic).publish(Publisher.APPLICATION, "\"value\":" + i + ",\"pad\":\"" + "x".repeat(chars) + "\"", clock.getAsLong());
        }
    }

    /** Runs iterations until there is nothing to do. The calling thread becomes the loop's. */
    void runAll() {
        loop.adoptCurrentThread();
        for (int i = 0; i < 100_000; i++) {
            if (!loop.runOnce()) {
                return;
            }
        }
        throw new AssertionError("the event loop does not become idle");
    }

    void advance(Duration by) {
        for (Duration left = by; !left.isZero(); left = left.minus(left.compareTo(TICK) < 0 ? left : TICK)) {
            clock.forward(left.compareTo(TICK) < 0 ? left : TICK);
            runAll();
        }
    }

    void assertNothingInFlight() {
        sockets.forEach(FakeSocket::assertNothingInFlight);
    }
}
