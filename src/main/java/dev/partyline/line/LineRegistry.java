package dev.partyline.line;

import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Who is here: all lines of this node, open and held, and the operators that serve them.
 *
 * <p>Any thread may call.
 */
public final class LineRegistry {

    /** Looks at deadlines this often, or four times within the shortest of them. */
    private static final Duration MAX_TICK = Duration.ofSeconds(1);
    /** Threads for what may block: 1000 sockets that stopped reading are closed in seconds even where each close takes a while. */
    private static final int BLOCKING_THREADS = 16;
    private static final Duration THREAD_IDLE = Duration.ofSeconds(5);
    private static final int SECRET_BYTES = 16;
    private static final int RECONNECT_SPREAD_MILLIS = 5_000;
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);

    private final LineLimits limits;
    private final TopicRegistry topics;
    private final Listener listener;
    private final ThreadPoolExecutor blockingExecutor;
    private final List<EventLoop> loops;
    private final AtomicInteger nextLoop = new AtomicInteger();
    private final SecureRandom random = new SecureRandom();

    private final ConcurrentMap<String, Line> lines = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Line> tabs = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Integer> lineCountByUser = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Integer> lineCountByAddress = new ConcurrentHashMap<>();
    /** The held ones, oldest first. Guarded by itself. */
    private final Map<String, Line> held = new LinkedHashMap<>();

    /** What a line's life means to others. Called by the line's operator or by the thread that brings the news; must not block. */
    public interface Listener {

        void opened(Line line);

        void held(Line line);

        void resumed(Line line);

        void removed(Line line);

        void tabOpened(Line line, String tab);

        void tabClosed(Line line, String tab);
    }

    /**
     * @param loops how many threads serve the lines
     * @param nanoTime  the clock
     */
    public LineRegistry(LineLimits limits, TopicRegistry topics, int loops, LongSupplier nanoTime, Listener listener) {
        this.limits = limits;
        this.topics = topics;
        this.listener = listener;
        this.blockingExecutor = blockingExecutor();
        Duration quarter = limits.sendDeadline().dividedBy(4);
        Duration tick = quarter.compareTo(MAX_TICK) < 0 ? quarter : MAX_TICK;
        this.loops = IntStream.range(0, loops)
            .mapToObj(i -> new EventLoop("partyline-event-loop-" + i, topics, blockingExecutor, nanoTime, tick))
            .toList();
    }

    private static ThreadPoolExecutor blockingExecutor() {
        AtomicInteger number = new AtomicInteger();
        ThreadPoolExecutor executor = new ThreadPoolExecutor(BLOCKING_THREADS, BLOCKING_THREADS, THREAD_IDLE.toMillis(), TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread thread = new Thread(task, "partyline-blocking-" + number.getAndIncrement());
            thread.setDaemon(true);
            return thread;
        });
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    public void start() {
        loops.forEach(EventLoop::start);
    }

    /** A new line, or why there cannot be one. */
    public record Opening(Optional<Line> line, CloseCode rejection) {
    }

    /**
     * Makes a new line, which waits for a socket to be attached.
     *
     * @param plain   whether its client knows nothing of lines
     * @param address where it comes from, empty if that is not known
     */
    public Opening open(boolean plain, Optional<String> user, Optional<String> address) {
        if (lines.size() >= limits.lines() && !evictOldestHeld(held -> true)) {
            return new Opening(Optional.empty(), CloseCode.OVERLOADED);
        }
        if (user.isPresent() && !increment(lineCountByUser, user.get(), limits.linesPerUser(), held -> held.user().equals(user))) {
            return new Opening(Optional.empty(), CloseCode.TOO_MANY_LINES);
        }
        if (address.isPresent() && !increment(lineCountByAddress, address.get(), limits.linesPerAddress(), held -> held.address().equals(address))) {
            user.ifPresent(name -> decrement(lineCountByUser, name));
            return new Opening(Optional.empty(), CloseCode.TOO_MANY_LINES);
        }
        EventLoop loop = loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
        Line line = new Line(secret(), secret(), plain, address, user, loop, this, limits);
        line.reserve();
        lines.put(line.id(), line);
        listener.opened(line);
        return new Opening(Optional.of(line), CloseCode.NORMAL);
    }

    /** The line that a browser wants back, if it is still here, is that browser's, and is the same user's. */
    public Optional<Line> resume(Frame.Resume wanted, Optional<String> user) {
        Optional<Line> resumed = Optional.ofNullable(lines.get(wanted.line()))
            .filter(line -> !line.isPlain() && sameSecret(line.key(), wanted.key()) && line.user().equals(user))
            .filter(Line::reserve);
        resumed.ifPresent(listener::resumed);
        return resumed;
    }

    /** In constant time, so that a key cannot be guessed by a stopwatch. */
    private static boolean sameSecret(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private String secret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Of somebody with too many lines, those that only wait for a browser make room: who reloads a page twenty times is not locked out. */
    private boolean increment(ConcurrentMap<String, Integer> counts, String key, int atMost, Predicate<Line> evictable) {
        return increment(counts, key, atMost) || evictOldestHeld(evictable) && increment(counts, key, Integer.MAX_VALUE);
    }

    /** Forgets the one that has waited longest of some held lines; false if none of them is held. */
    private boolean evictOldestHeld(Predicate<Line> evictable) {
        Optional<Line> oldest;
        synchronized (held) {
            oldest = held.values().stream().filter(evictable).findFirst();
            oldest.ifPresent(line -> held.remove(line.id()));
        }
        oldest.ifPresent(this::evict);
        return oldest.isPresent();
    }

    private static boolean increment(ConcurrentMap<String, Integer> counts, String key, int atMost) {
        boolean[] in = {true};
        counts.merge(key, 1, (count, one) -> {
            in[0] = count < atMost;
            return in[0] ? count + one : count;
        });
        return in[0];
    }

    private static void decrement(ConcurrentMap<String, Integer> counts, String key) {
        counts.computeIfPresent(key, (name, count) -> count == 1 ? null : count - 1);
    }

    /** What became of a tab that a line announced. */
    public enum TabOpening { OPENED, KNOWN, TAKEN, TOO_MANY }

    /** Binds a tab to a line. A tab of another line's is not given away. */
    public TabOpening openTab(Line line, String tab) {
        if (line.ownTabs().contains(tab)) {
            return TabOpening.KNOWN;
        }
        if (line.ownTabs().size() >= limits.tabs()) {
            return TabOpening.TOO_MANY;
        }
        Line owner = tabs.putIfAbsent(tab, line);
        if (owner != null && owner != line) {
            return TabOpening.TAKEN;
        }
        if (!line.ownTabs().add(tab)) {
            return TabOpening.KNOWN;
        }
        listener.tabOpened(line, tab);
        if (line.isRemoved()) {
            // It ended while its client was still speaking: nobody else would take this entry out again.
            closeTab(line, tab);
        }
        return TabOpening.OPENED;
    }

    /**
     * As {@link #openTab}, for a tab that a {@code $hello} names: it is given away if its line's welcome was never acknowledged. That welcome was lost on the way, so the
     * browser that has the tab knows nothing of that line, and nobody else ever will.
     */
    public TabOpening takeOverTab(Line line, String tab) {
        Line owner = tabs.get(tab);
        if (owner != null && owner != line && !owner.isWelcomeAcked() && !owner.isPlain()) {
            closeTab(owner, tab);
        }
        return openTab(line, tab);
    }

    public void closeTab(Line line, String tab) {
        if (line.ownTabs().remove(tab)) {
            tabs.remove(tab, line);
            listener.tabClosed(line, tab);
        }
    }

    /** The tabs of a line are these and no others. */
    public void retainTabs(Line line, Collection<String> tabs) {
        for (String tab : line.tabs()) {
            if (!tabs.contains(tab)) {
                closeTab(line, tab);
            }
        }
    }

    public Optional<Line> findByTab(String tab) {
        return Optional.ofNullable(tabs.get(tab));
    }

    public Optional<Line> get(String id) {
        return Optional.ofNullable(lines.get(id));
    }

    /** All lines, open and held. */
    public Collection<Line> all() {
        return List.copyOf(lines.values());
    }

    public int tabCount() {
        return tabs.size();
    }

    public int count() {
        return lines.size();
    }

    public int heldCount() {
        synchronized (held) {
            return held.size();
        }
    }

    /** Whether a line waits for its browser. */
    public boolean isHeld(Line line) {
        synchronized (held) {
            return held.containsKey(line.id());
        }
    }

    /** What all operators have done. */
    public OutboundStats.Snapshot stats() {
        return loops.stream().map(loop -> loop.stats.snapshot()).reduce(OutboundStats.Snapshot.ZERO, OutboundStats.Snapshot::plus);
    }

    void onAttached(Line line) {
        line.loop().assertInLoop();
        synchronized (held) {
            held.remove(line.id());
        }
    }

    void onHeld(Line line) {
        line.loop().assertInLoop();
        boolean full;
        synchronized (held) {
            held.put(line.id(), line);
            full = held.size() > limits.heldLines();
        }
        listener.held(line);
        if (full) {
            evictOldestHeld(oldest -> true);
        }
    }

    void onRemoved(Line line) {
        line.loop().assertInLoop();
        synchronized (held) {
            held.remove(line.id());
        }
        lines.remove(line.id(), line);
        retainTabs(line, List.of());
        line.user().ifPresent(user -> decrement(lineCountByUser, user));
        line.address().ifPresent(address -> decrement(lineCountByAddress, address));
        listener.removed(line);
    }

    /** Forgets the held lines that have waited longest, until what waits in their inboxes is within its bound. */
    public void sweep() {
        List<Line> waiting;
        synchronized (held) {
            waiting = List.copyOf(held.values());
        }
        long excess = waiting.stream().mapToLong(Line::inboxChars).sum() - limits.heldChars();
        for (Line line : waiting) {
            if (excess <= 0) {
                return;
            }
            excess -= line.inboxChars();
            evict(line);
        }
    }

    private void evict(Line line) {
        line.loop().execute(() -> line.remove(false));
    }

    /** Runs what may block for seconds, such as a close, on a thread where it does no harm. */
    public void runBlocking(Runnable task) {
        blockingExecutor.execute(task);
    }

    /** Says goodbye on every line and closes its socket; returns when that is done, or could not be done in time. */
    public void stop() throws InterruptedException {
        for (EventLoop loop : loops) {
            loop.execute(() -> List.copyOf(loop.lines()).forEach(line -> line.closeConnection(CloseCode.SHUTTING_DOWN, "the server is shutting down",
                OptionalLong.of(ThreadLocalRandom.current().nextInt(RECONNECT_SPREAD_MILLIS)))));
            loop.stop();
        }
        for (EventLoop loop : loops) {
            loop.join(STOP_TIMEOUT);
        }
        blockingExecutor.shutdown();
        blockingExecutor.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
