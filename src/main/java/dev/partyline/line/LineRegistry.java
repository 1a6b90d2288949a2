package dev.partyline.line;

import dev.partyline.stats.Counters;
import dev.partyline.stats.KeyedCounter;
import dev.partyline.stats.Limit;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.TabIds;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/**
 * All lines and tabs of a server, and the event loops that own the lines.
 *
 * <p>It enforces the limits of lines per server, user and address, and of tabs per line. Where a new line exceeds one of them, the oldest held line of the same kind is removed for
 * it; if there is none, the line is rejected.
 *
 * <p>Any thread may call, but for what event loops report of their own lines.
 */
public final class LineRegistry {

    /** Deadlines are checked this often, or four times within the send deadline. */
    private static final Duration MAX_TICK = Duration.ofSeconds(1);
    /** So many that 1000 sockets that stopped reading are closed within seconds, on containers where such a close blocks. */
    private static final int BLOCKING_THREADS = 16;
    private static final Duration THREAD_IDLE = Duration.ofSeconds(5);
    /** Messages that are not processed yet may take half as much memory as those that are retained. */
    private static final int INBOUND_FRACTION = 2;
    private static final int SECRET_BYTES = 16;
    /** What a held line takes on the heap besides its inbox: about so much for itself, and for each tab and topic. */
    private static final long LINE_BYTES = 2048;
    private static final long TAB_BYTES = 256;
    private static final long CURSOR_BYTES = 128;
    private static final int RECONNECT_SPREAD_MILLIS = 5_000;
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(5);
    /** How long a line waits for the connection that it was reserved for. An application that verifies tokens may take as long as a handler. */
    private static final Duration MAX_RESERVATION = Duration.ofMinutes(1);

    private final LineLimits limits;
    private final TopicRegistry topics;
    private final Listener listener;
    private final Counters counters;
    private final AddressRate newLines;
    private final ThreadPoolExecutor blockingExecutor;
    private final InboundMemory inboundMemory;
    private final BlockingPings blockingPings = new BlockingPings(BLOCKING_THREADS / 2);
    private final List<EventLoop> loops;
    private final AtomicInteger nextLoop = new AtomicInteger();
    private final SecureRandom random = new SecureRandom();

    private final ConcurrentMap<String, Line> lines = new ConcurrentHashMap<>();
    /** The tabs to which messages can be addressed. */
    private final ConcurrentMap<String, Line> tabs = new ConcurrentHashMap<>();
    private final AtomicInteger tabCount = new AtomicInteger();
    private final HeldLines held;
    private final EndedLines endedLines;
    /** On how many lines a tab id is known from messages in the post's shape only. */
    private final KeyedCounter plainTabCount = new KeyedCounter();
    private final KeyedCounter lineCountByUser = new KeyedCounter();
    private final KeyedCounter lineCountByAddress = new KeyedCounter();

    /** What the removal of a line consists of. Each step is done once, even if a later one throws and the removal is repeated. */
    private final List<Consumer<Line>> removalSteps;

    /** Is notified of the life of lines and tabs, by event loops and by other threads. Must not block. */
    public interface Listener {

        void opened(Line line);

        void held(Line line);

        void resumed(Line line);

        void removed(Line line);

        void tabOpened(Line line, String tab);

        void tabClosed(Line line, String tab);
    }

    /**
     * @param loops    how many event loops share the lines
     * @param nanoTime the clock
     */
    public LineRegistry(LineLimits limits, TopicRegistry topics, int loops, LongSupplier nanoTime, Counters counters, Listener listener) {
        this.limits = limits;
        this.topics = topics;
        this.listener = listener;
        this.counters = counters;
        this.held = new HeldLines(topics.memory());
        this.inboundMemory = new InboundMemory(topics.memory().maxBytes() / INBOUND_FRACTION);
        this.endedLines = new EndedLines(limits.hold().time(), limits.hold().lines(), nanoTime);
        this.removalSteps = List.of(
            held::remove,
            line -> lines.remove(line.id(), line),
            line -> line.inbox().discard(),
            line -> retainTabs(line, List.of()),
            this::releaseShares,
            listener::removed);
        this.newLines = new AddressRate(limits.quotas().newLinesPerAddress(), limits.quotas().newLinesBurst(), nanoTime);
        this.blockingExecutor = blockingExecutor();
        Duration quarter = limits.timeouts().send().dividedBy(4);
        Duration tick = quarter.compareTo(MAX_TICK) < 0 ? quarter : MAX_TICK;
        this.loops = IntStream.range(0, loops)
            .mapToObj(i -> new EventLoop("partyline-event-loop-" + i, topics, this::runBlocking, nanoTime, tick, counters))
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

    /** A new line, or the reason why it was rejected. */
    public record Opening(Optional<Line> line, CloseCode rejection) {
    }

    /**
     * Makes a new line, which is reserved for the connection that is attached next.
     *
     * @param plain   whether its client is a plain one
     * @param facts   what is known of its client, with its user if it has one
     * @param address the key of the client's {@link AddressShare}, if its address is known
     */
    public Opening open(boolean plain, CallerFacts facts, Optional<String> address) {
        Optional<String> user = facts.user();
        if (address.isPresent() && !newLines.tryAcquire(address.get())) {
            counters.hit(Limit.LINES_PER_ADDRESS_RATE, address.get());
            return new Opening(Optional.empty(), CloseCode.RATE);
        }
        if (lines.size() >= limits.quotas().lines() && !evict(held.removeOldest())) {
            counters.hit(Limit.LINES, address.orElse("an unknown address"));
            return new Opening(Optional.empty(), CloseCode.OVERLOADED);
        }
        if (user.isPresent() && !increment(lineCountByUser, user.get(), limits.quotas().linesPerUser(), held::removeOldestOfUser)) {
            counters.hit(Limit.LINES_PER_USER, address.map(share -> share + ", ").orElse("") + "user " + user.get());
            return new Opening(Optional.empty(), CloseCode.TOO_MANY_LINES);
        }
        if (address.isPresent() && !incrementByAddress(address.get(), user)) {
            counters.hit(Limit.LINES_PER_ADDRESS, address.get());
            return new Opening(Optional.empty(), CloseCode.TOO_MANY_LINES);
        }
        Line line = newLine(plain, facts, address);
        try {
            listener.opened(line);
        } catch (RuntimeException | Error e) {
            line.cancelReservation();
            throw e;
        }
        return new Opening(Optional.of(line), CloseCode.NORMAL);
    }

    /** If this fails, the line is not counted for its user either. */
    private boolean incrementByAddress(String address, Optional<String> user) {
        boolean counted = false;
        try {
            counted = increment(lineCountByAddress, address, limits.quotas().linesPerAddress(), held::removeOldestOfAddress);
        } finally {
            if (!counted) {
                user.ifPresent(lineCountByUser::decrement);
            }
        }
        return counted;
    }

    private Line newLine(boolean plain, CallerFacts facts, Optional<String> address) {
        try {
            EventLoop loop = loops.get(Math.floorMod(nextLoop.getAndIncrement(), loops.size()));
            Line line = new Line(secret(), secret(), plain, address, facts, loop, this, limits, topics.memory());
            lines.put(line.id(), line);
            return line;
        } catch (RuntimeException | Error e) {
            // Nothing else counts down what is not among the lines.
            facts.user().ifPresent(lineCountByUser::decrement);
            address.ifPresent(lineCountByAddress::decrement);
            throw e;
        }
    }

    /**
     * Reserves the line that a browser wants to resume; empty unless the line exists, the browser has its key, and the user is the same. If only the user is another one,
     * a user has logged in or out in that browser: the line ends, and its tabs are free when this returns.
     *
     * @param facts of the newer handshake, which count from now on
     */
    public Optional<Line> resume(Frame.Resume wanted, CallerFacts facts) {
        Optional<String> user = facts.user();
        Optional<Line> named = find(wanted);
        named.filter(line -> !line.user().equals(user)).ifPresent(this::end);
        Optional<Line> resumed = named.filter(line -> line.user().equals(user)).filter(Line::reserve);
        resumed.ifPresent(line -> {
            line.setFacts(facts);
            listener.resumed(line);
        });
        return resumed;
    }

    /** Ends the line of a user that a browser wants to resume without one, because the user has logged out; false if there is no such line, or the browser does not have its key. */
    public boolean endLogin(Frame.Resume wanted) {
        Optional<Line> named = find(wanted).filter(line -> line.user().isPresent());
        named.ifPresent(this::end);
        return named.isPresent();
    }

    private Optional<Line> find(Frame.Resume wanted) {
        return Optional.ofNullable(lines.get(wanted.line())).filter(line -> !line.isPlain() && !line.hasEnded() && sameSecret(line.key(), wanted.key()));
    }

    private void end(Line line) {
        line.end();
        remove(line, CloseCode.REPLACED, "another user has logged in or out");
    }

    /** Its tabs and its share are released by the calling thread: the same browser opens another line next. */
    private void remove(Line line, CloseCode code, String reason) {
        retainTabs(line, List.of());
        releaseShares(line);
        line.loop().execute(() -> line.delivery().end(code, reason));
    }

    /**
     * Closes a line because the application wants it. With a code after which clients reconnect, only its connection is closed, and its client resumes it; it has no effect on a line without
     * a connection. With another one the line ends, and a client that is away learns the reason when it comes back.
     */
    public void close(Line line, Closing why) {
        if (why.code().comesBack()) {
            line.closeConnection(why.code(), why.reason());
            return;
        }
        line.end(why);
        if (!line.isPlain()) {
            endedLines.add(line, why);
        }
        remove(line, why.code(), why.reason());
    }

    /** Why the application has closed the line that a browser wants to resume, if it has, and this browser does not know it. */
    public Optional<Closing> takeClosing(Frame.Resume wanted) {
        return endedLines.take(wanted, LineRegistry::sameSecret);
    }

    /** In constant time: the time of a comparison must not tell how much of a key was right. */
    private static boolean sameSecret(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    private String secret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Counts a new line. A user who reloads a page twenty times is not rejected: the held lines that this leaves are evicted first. */
    private boolean increment(KeyedCounter counter, String key, int max, Function<String, Optional<Line>> removeOldestHeld) {
        if (counter.tryIncrement(key, max)) {
            return true;
        }
        if (!evict(removeOldestHeld.apply(key))) {
            return false;
        }
        counter.increment(key);
        return true;
    }

    /** False if there is no line to evict. */
    private boolean evict(Optional<Line> oldest) {
        oldest.ifPresent(this::evict);
        return oldest.isPresent();
    }

    /** Has no effect if the line is reserved meanwhile. */
    private void evict(Line line) {
        line.loop().execute(line.delivery()::expire);
    }

    /** The result of opening a tab: new on this line, on it before, not this line's, or over the limit. */
    public enum TabOpening { OPENED, KNOWN, TAKEN, TOO_MANY }

    /**
     * Opens a tab on a line, unless the tab is on another line.
     *
     * @param proven whether the client knows the secret that the tab's id belongs to. An id that belongs to a secret is opened only for who knows it, and is then also moved
     *               from another line of the same user: the browser has lost that line without having got its key, or serves the tab in another mode now. It is moved from a line
     *               of another user only if nothing but {@code $hello} came on it: a user has logged in or out between a connection whose welcome was lost and the next one
     */
    public TabOpening openTab(Line line, String tab, boolean proven) {
        if (line.ownTabs().contains(tab)) {
            return TabOpening.KNOWN;
        }
        if (line.hasEnded()) {
            return TabOpening.TAKEN;
        }
        if (isFull(line)) {
            counters.hit(Limit.TABS, line);
            return TabOpening.TOO_MANY;
        }
        if (TabIds.isDerived(tab) && !proven) {
            return TabOpening.TAKEN;
        }
        Line owner = tabs.putIfAbsent(tab, line);
        if (owner != null && owner != line && proven && (owner.user().equals(line.user()) || !owner.isConfirmed())) {
            closeTab(owner, tab);
            owner = tabs.putIfAbsent(tab, line);
        }
        if (owner != null && owner != line) {
            return TabOpening.TAKEN;
        }
        if (isPlainTabOfAnother(line, tab)) {
            tabs.remove(tab, line);
            return TabOpening.TAKEN;
        }
        if (!line.ownTabs().add(tab)) {
            return TabOpening.KNOWN;
        }
        if (line.plainTabs().remove(tab)) {
            plainTabCount.decrement(tab);
            closeIfEnded(line, tab);
        } else {
            onOpened(line, tab);
        }
        return TabOpening.OPENED;
    }

    /** A handler may know the id from a message of that line, and later send to it what is meant for that line. */
    private boolean isPlainTabOfAnother(Line line, String tab) {
        return plainTabCount.count(tab) > (line.plainTabs().contains(tab) ? 1 : 0);
    }

    /**
     * Notes the tab of a message in the post's shape. Pages of the post choose their ids themselves, and those of two browsers may choose the same one: such a tab is known on
     * its line alone, and no message can be addressed to it; no other line can announce the id meanwhile. An id that belongs to a secret is not opened.
     */
    public TabOpening openPlainTab(Line line, String tab) {
        if (line.ownTabs().contains(tab) || line.plainTabs().contains(tab)) {
            return TabOpening.KNOWN;
        }
        if (TabIds.isDerived(tab) || line.hasEnded()) {
            return TabOpening.TAKEN;
        }
        if (isFull(line)) {
            counters.hit(Limit.TABS, line);
            return TabOpening.TOO_MANY;
        }
        if (line.plainTabs().add(tab)) {
            plainTabCount.increment(tab);
            onOpened(line, tab);
        }
        return TabOpening.OPENED;
    }

    private boolean isFull(Line line) {
        return line.ownTabs().size() + line.plainTabs().size() >= limits.quotas().tabs();
    }

    private void onOpened(Line line, String tab) {
        tabCount.incrementAndGet();
        listener.tabOpened(line, tab);
        closeIfEnded(line, tab);
    }

    private void closeIfEnded(Line line, String tab) {
        if (line.hasEnded()) {
            // The line was removed at the same time, and its other tabs with it.
            closeTab(line, tab);
        }
    }

    public void closeTab(Line line, String tab) {
        boolean own = line.ownTabs().remove(tab);
        if (own) {
            tabs.remove(tab, line);
        }
        boolean plain = line.plainTabs().remove(tab);
        if (plain) {
            plainTabCount.decrement(tab);
        }
        if (plain || own) {
            tabCount.decrementAndGet();
            listener.tabClosed(line, tab);
        }
    }

    /** Closes all tabs of a line but these. */
    public void retainTabs(Line line, Collection<String> tabs) {
        Set<String> retained = new HashSet<>(tabs);
        for (String tab : line.tabs()) {
            if (!retained.contains(tab)) {
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
        return tabCount.get();
    }

    public int count() {
        return lines.size();
    }

    public int heldCount() {
        return held.count();
    }

    public boolean isHeld(Line line) {
        return held.contains(line);
    }

    /** The longest iteration of an event loop in the last ten to twenty seconds. */
    public Duration longestIteration() {
        return Duration.ofNanos(loops.stream().mapToLong(loop -> loop.longestIteration.get()).max().orElse(0));
    }

    /** Event loop of the line. */
    void onAttached(Line line) {
        line.loop().assertInLoop();
        held.remove(line);
    }

    /** Event loop of the line. */
    void onHeld(Line line) {
        line.loop().assertInLoop();
        boolean full = held.add(line, LINE_BYTES + Character.BYTES * line.facts().chars() + line.ownTabs().size() * TAB_BYTES + line.delivery().topicCount() * CURSOR_BYTES) > limits.hold().lines();
        listener.held(line);
        if (full) {
            counters.hit(Limit.HELD_LINES, line);
            evict(held.removeOldest());
        }
    }

    /** Event loop of the line. */
    void onRemoved(Line line) {
        line.loop().assertInLoop();
        for (; line.removalSteps < removalSteps.size(); line.removalSteps++) {
            removalSteps.get(line.removalSteps).accept(line);
        }
    }

    private void releaseShares(Line line) {
        once(line.userReleased, () -> line.user().ifPresent(lineCountByUser::decrement));
        once(line.addressReleased, () -> line.address().ifPresent(lineCountByAddress::decrement));
    }

    /** By whichever thread comes first. A step that throws can be repeated. */
    private static void once(AtomicBoolean done, Runnable step) {
        if (!done.compareAndSet(false, true)) {
            return;
        }
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            done.set(false);
            throw e;
        }
    }

    /** Removes lines whose connection was never attached, or whose removal has failed, and frees memory. Called every second. */
    public void sweep() {
        startThreadForBlockingTasks();
        for (Line line : lines.values()) {
            // One that is removed is no longer here, unless its removal has failed.
            if (line.isReservedFor(MAX_RESERVATION.toNanos()) || line.isRemoved()) {
                line.loop().execute(line.delivery()::expireReservation);
            }
        }
        endedLines.sweep();
        evictExcess();
    }

    /** Evicts held lines, those with the largest inboxes first, until the inboxes of the others are within their limit. */
    private void evictExcess() {
        for (Line line : held.largest(Line::inboxChars, chars -> chars - limits.hold().chars())) {
            counters.hit(Limit.HELD_CHARS, line);
            evict(line);
        }
    }

    /** Evicts the largest held lines, until so many bytes are free. */
    void evictHeld(long bytes) {
        for (Line line : held.largest(line -> held.bytesOf(line) + line.inbox().bytes(), all -> bytes)) {
            counters.hit(Limit.MEMORY, line);
            evict(line);
        }
    }

    /** Looks at each held line, with the memory that it takes besides its inbox. */
    void measureHeld(BiConsumer<Line, Long> meter) {
        held.measure(meter);
    }

    /** Runs what may block for seconds, such as a close, on a pool for that purpose. */
    public void runBlocking(Runnable task) {
        try {
            blockingExecutor.execute(task);
        } catch (OutOfMemoryError e) {
            // No thread can be started. One that is running takes the task, or the one that a sweep starts.
            blockingExecutor.getQueue().add(task);
        }
    }

    /** Of all lines, and of connections without a line. */
    public InboundMemory inboundMemory() {
        return inboundMemory;
    }

    BlockingPings blockingPings() {
        return blockingPings;
    }

    private void startThreadForBlockingTasks() {
        if (blockingExecutor.getPoolSize() == 0 && !blockingExecutor.getQueue().isEmpty()) {
            blockingExecutor.prestartCoreThread();
        }
    }

    /** When the event loop that is furthest behind last checked the deadlines. Each does so several times a second while it is well. */
    public long oldestTick() {
        long now = loops.get(0).now();
        return loops.stream().mapToLong(EventLoop::tickedAt).reduce((a, b) -> now - a > now - b ? a : b).orElse(now);
    }

    /** Has each event loop look at the clock, which a test has moved. */
    public void checkClock() {
        loops.forEach(loop -> loop.execute(() -> { }));
    }

    /** Whether no event loop has anything to do, and no socket is being closed. */
    public boolean isIdle() {
        return loops.stream().allMatch(EventLoop::isIdle) && blockingExecutor.getQueue().isEmpty() && blockingExecutor.getActiveCount() == 0;
    }

    /** Whether the server would accept a new line. */
    public boolean hasRoom() {
        return lines.size() < limits.quotas().lines() || held.count() > 0;
    }

    /** Has clients connect anew, at different times. Their lines are held. */
    public void sendAway(Collection<Line> leaving, String reason) {
        leaving.forEach(line -> line.loop().execute(() -> line.delivery().closeConnection(CloseCode.SHUTTING_DOWN, reason, spread())));
    }

    private static OptionalLong spread() {
        return OptionalLong.of(ThreadLocalRandom.current().nextInt(RECONNECT_SPREAD_MILLIS));
    }

    /** Closes the connections of all lines, with a delay for each client after which it reconnects. Returns when they are closed, or after a timeout. */
    public void stop() throws InterruptedException {
        for (EventLoop loop : loops) {
            loop.execute(() -> List.copyOf(loop.lines()).forEach(line -> line.closeConnection(CloseCode.SHUTTING_DOWN, "the server is shutting down", spread())));
            loop.stop();
        }
        for (EventLoop loop : loops) {
            loop.join(STOP_TIMEOUT);
        }
        blockingExecutor.shutdown();
        blockingExecutor.awaitTermination(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }
}
