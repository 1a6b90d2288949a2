package dev.partyline.line;

import dev.partyline.topic.Publisher;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.TopicOwner;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Position;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The session that all tabs of one browser share: its identity, its tabs, its inbox and its state.
 *
 * <p>A line outlives its connection. While it has none, it is held: messages wait in the logs until the browser resumes the line. It is removed if the browser closes it, if the
 * hold time ends, or if the server needs room for other lines.
 *
 * <p>Any thread may call a line. What only its event loop may touch is in {@link LineDelivery}; what belongs to one socket is in {@link LineConnection}.
 */
public final class Line {

    private final String id;
    private final String key;
    private final boolean plain;
    private final Optional<String> address;
    private final Optional<String> user;
    private final EventLoop loop;
    private final LineRegistry registry;
    private final LineLimits limits;
    private final Publisher publisher;
    private final Inbox inbox;
    private final LineRates rates;
    private final LineDelivery delivery;
    private final Set<String> tabs = ConcurrentHashMap.newKeySet();
    private final Set<String> plainTabs = ConcurrentHashMap.newKeySet();
    private final AtomicReference<LineState> state = new AtomicReference<>(LineState.RESERVED);
    /** When it was last reserved for a connection. */
    private volatile long reservedAt;
    /** How often it has been reserved. Guarded by this line's monitor. */
    private int reservations;
    /** How many steps of {@link LineRegistry}'s removal are done. Confined to the event loop. */
    int removalSteps;
    /** Whether each of its shares of the limits is released: that of its user, and that of its address. */
    final AtomicBoolean userReleased = new AtomicBoolean();
    final AtomicBoolean addressReleased = new AtomicBoolean();
    private volatile boolean ended;
    /** Why the application has ended it. Written before {@code ended}. */
    private volatile Optional<Closing> closing = Optional.empty();
    /** How often its access policy has changed. */
    private final AtomicInteger policyVersion = new AtomicInteger();
    private volatile boolean confirmed;
    /** Of the newest handshake or token. */
    private volatile CallerFacts facts;
    private final Map<String, Object> attributes = new ConcurrentHashMap<>();
    /** {@code Long.MAX_VALUE} for never, whatever the clock says. */
    private volatile long tokenExpiresAt = Long.MAX_VALUE;

    Line(String id, String key, boolean plain, Optional<String> address, CallerFacts facts, EventLoop loop, LineRegistry registry, LineLimits limits, RetainedMemory memory) {
        this.id = id;
        this.key = key;
        this.plain = plain;
        this.address = address;
        this.user = facts.user();
        this.facts = facts;
        this.loop = loop;
        this.registry = registry;
        this.limits = limits;
        this.reservedAt = loop.now();
        this.rates = new LineRates(limits.rates(), limits.flow().windowChars(), loop.now());
        this.publisher = new Publisher(user.map(name -> "user " + name).or(() -> address.map(known -> "address " + known)).orElse("line " + id), this);
        this.inbox = new Inbox(limits.inbox().messages(), limits.inbox().chars(), !plain, publisher, memory);
        this.delivery = new LineDelivery(this, loop, registry, limits, inbox);
    }

    public String id() {
        return id;
    }

    /** Whether its client is a plain one. Such a line is never held, because its client cannot resume it. */
    public boolean isPlain() {
        return plain;
    }

    public Optional<String> user() {
        return user;
    }

    /** What is known of its client. */
    public CallerFacts facts() {
        return facts;
    }

    /** A newer handshake, or a newer token, of the same user. */
    public void setFacts(CallerFacts newer) {
        facts = newer;
    }

    /** What the application keeps for as long as the line lives. Any thread. */
    public Map<String, Object> attributes() {
        return attributes;
    }

    public Set<String> tabs() {
        return Stream.concat(tabs.stream(), plainTabs.stream()).collect(Collectors.toUnmodifiableSet());
    }

    /**
     * The tab as handlers know it, which may send messages to it. A plain client may have chosen the id of a tab of another line. Then no message can be addressed to the result,
     * since that line would receive what is meant for this one.
     */
    public String callerTab(String tab) {
        return tabs.contains(tab) || registry.findByTab(tab).isEmpty() ? tab : tab + "@" + id;
    }

    /** The secret that a browser needs to resume the line. */
    String key() {
        return key;
    }

    /** The key of its {@link AddressShare}, if the client's address is known. */
    public Optional<String> address() {
        return address;
    }

    /** Of what the line publishes and has in its inbox. Its owner is the line's user, or else its address, or else the line alone. */
    public Publisher publisher() {
        return publisher;
    }

    Inbox inbox() {
        return inbox;
    }

    /** Where its messages are counted until they are processed. */
    public InboundMemory inboundMemory() {
        return registry.inboundMemory();
    }

    BlockingPings blockingPings() {
        return registry.blockingPings();
    }

    public LineRates rates() {
        return rates;
    }

    /** Whose share a topic counts towards if this line creates it. */
    public TopicOwner topicOwner() {
        return new TopicOwner(Optional.of(id), user, address);
    }

    long inboxChars() {
        return inbox.chars();
    }

    /** The set itself, which {@link LineRegistry} changes. */
    Set<String> ownTabs() {
        return tabs;
    }

    /** The set of those tabs that are known from messages in the post's shape only; {@link LineRegistry} changes it. */
    Set<String> plainTabs() {
        return plainTabs;
    }

    EventLoop loop() {
        return loop;
    }

    LineDelivery delivery() {
        return delivery;
    }

    /** Sends a frame to this line alone. Any thread, also of the application: the event loop writes it. */
    public void send(String frame) {
        enqueue(OptionalLong.empty(), frame);
    }

    /**
     * Sends the answer to a request. The calling thread writes it if it can, which saves waking the event loop. It must not run code of the application meanwhile, which may
     * be interrupted: an interrupt closes the socket that the thread is writing to.
     *
     * @param request empty for a message without an id
     */
    public void answer(OptionalLong request, String frame) {
        append(request, frame);
        LineConnection attached = delivery.connection();
        if (attached != null) {
            attached.trySendInbox();
        }
    }

    /** As {@link #answer}, by any thread: the event loop writes it. */
    public void enqueue(OptionalLong request, String frame) {
        append(request, frame);
        signal();
    }

    /** As {@link #send}; returns the offset of the frame in the inbox. */
    long sendAt(String frame) {
        long offset = append(OptionalLong.empty(), frame);
        signal();
        return offset;
    }

    private void signal() {
        LineConnection attached = delivery.connection();
        if (attached != null) {
            attached.signal();
        }
    }

    /** Returns the offset of the frame. */
    private long append(OptionalLong request, String frame) {
        long offset = inbox.append(frame, loop.now());
        if (request.isPresent()) {
            // Only now: a request that is sent again must find the first one either in progress or answered.
            inbox.onAnswered(request.getAsLong(), offset);
        }
        return offset;
    }

    /** Accepts the id of a request; false if this id or a higher one was accepted before, so that no request runs twice. */
    public boolean acceptRequest(long request) {
        return inbox.accept(request);
    }

    /** Whether a request was accepted and is not answered yet. */
    public boolean isInProgress(long request) {
        return inbox.isInProgress(request);
    }

    /** Answers a request that was sent again with its stored reply; false if that is no longer in the inbox. */
    public boolean resendReply(Optional<String> from, long request) {
        Optional<String> stored = inbox.findReply(from, request);
        stored.ifPresent(reply -> answer(OptionalLong.of(request), reply));
        return stored.isPresent();
    }

    /** The browser has received its inbox up to this offset. */
    public void onInboxAcked(long offset) {
        inbox.trimAcked(offset);
    }

    /** @param expiresAtNanos when the line's token expires; {@code Long.MAX_VALUE} for never */
    public void setTokenExpiry(long expiresAtNanos) {
        tokenExpiresAt = expiresAtNanos;
    }

    /** How often it has been reserved. */
    public synchronized int reservations() {
        return reservations;
    }

    /**
     * A newer token has come on a connection. Without effect if the line is reserved for a newer connection meanwhile: what its {@code $hello} says counts.
     *
     * @param reservation how often the line was reserved when the connection was made
     */
    public synchronized void renewToken(int reservation, CallerFacts newer, long expiresAtNanos) {
        if (reservation == reservations) {
            setFacts(newer);
            setTokenExpiry(expiresAtNanos);
        }
    }

    boolean isTokenExpired(long now) {
        long expiresAt = tokenExpiresAt;
        return expiresAt != Long.MAX_VALUE && now - expiresAt > 0;
    }

    /** Reserves the line for a connection that is about to be attached; false if the line is removed. */
    boolean reserve() {
        reservedAt = loop.now();
        synchronized (this) {
            reservations++;
        }
        return transition(LineState::reserve) != LineState.REMOVED;
    }

    /** No connection will be attached. Removes the line, unless it has a connection or is reserved for another one too. */
    public void cancelReservation() {
        loop.execute(delivery::expireReservation);
    }

    /** Whether it has been reserved for longer than this, and no connection was attached: what was to attach it has failed. */
    boolean isReservedFor(long nanos) {
        return state.get() == LineState.RESERVED && loop.now() - reservedAt > nanos;
    }

    boolean isRemoved() {
        return state.get() == LineState.REMOVED;
    }

    boolean hasConnection() {
        return state.get().hasConnection();
    }

    /** Its client has sent a frame after {@code $hello}: it may have received the welcome, and code of the application may know the line's tabs. */
    public void confirm() {
        confirmed = true;
    }

    boolean isConfirmed() {
        return confirmed;
    }

    /** It is about to be removed: it can no longer be resumed, and no tab can be opened on it. */
    void end() {
        ended = true;
    }

    /** As {@link #end}, by the application. */
    void end(Closing why) {
        closing = Optional.of(why);
        ended = true;
    }

    /** Why the application has ended it, if it has. */
    Optional<Closing> closing() {
        return closing;
    }

    /** Whether no tab can be opened on it any more. */
    public boolean hasEnded() {
        return ended || isRemoved();
    }

    /** The one place where the state changes. */
    LineState transition(UnaryOperator<LineState> event) {
        return state.updateAndGet(event);
    }

    /**
     * A connection for this line, to be handed to {@link #attach}.
     *
     * @param binary whether the client reads binary messages too
     */
    public LineConnection newConnection(Socket socket, boolean binary) {
        return plain ? new PlainConnection(socket, this, inbox, limits) : new LineConnection(socket, binary, this, inbox, limits);
    }

    /**
     * What a client's first frame asks for.
     *
     * @param resumed     whether the line existed before
     * @param inboxOffset how many frames of the inbox the browser has received
     * @param topics      the topics to subscribe to, each after a position or, if that is empty, from its end on
     * @param rejected    the topics that it may not subscribe to
     * @param limits      the limits that the welcome tells, as JSON
     */
    public record Attachment(boolean resumed, long inboxOffset, Map<String, Optional<Position>> topics, Map<String, NotJoined> rejected, String limits) {
    }

    /** Attaches a connection. An older one is replaced and closed. */
    public void attach(LineConnection arriving, Attachment attachment) {
        execute(() -> delivery.attach(arriving, attachment));
    }

    /** Detaches a connection without closing its socket, so that another line can have it. {@code then} runs once no send is in flight on it. */
    public void transfer(LineConnection leaving, Runnable then) {
        loop.execute(() -> delivery.transfer(leaving, then));
    }

    /** If the task fails, the client gets a new connection: it would wait for an answer for ever. */
    private void execute(Runnable task) {
        loop.execute(() -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                delivery.onFailure();
                throw e;
            }
        });
    }

    /**
     * Subscribes to a topic and answers with the position from which on messages follow.
     *
     * @param by the connection that asks; without effect if the line has a newer one meanwhile, whose {@code $hello} says what is subscribed to
     */
    public void join(LineConnection by, String topic, Optional<Position> at, Optional<String> from, OptionalLong re) {
        execute(() -> {
            if (!hasNewerThan(by)) {
                delivery.join(topic, at, from, re);
            }
        });
    }

    /** @param by as for {@link #join} */
    public void leave(LineConnection by, String topic, Optional<String> from, OptionalLong re) {
        execute(() -> {
            if (!hasNewerThan(by)) {
                delivery.leave(topic, from, re);
            }
        });
    }

    /** Event loop. */
    private boolean hasNewerThan(LineConnection by) {
        LineConnection attached = delivery.connection();
        return attached != null && attached != by;
    }

    /** Takes the line off a topic, if it has joined that, and tells its tabs why. */
    public void takeOff(String topic, NotJoined why) {
        loop.execute(() -> delivery.takeOff(topic, why));
    }

    /** Passes on the topics that the line has joined itself, by its event loop. */
    public void withTopics(Consumer<List<String>> then) {
        loop.execute(() -> then.accept(delivery.joinedTopics()));
    }

    /** How often {@link #onPolicyChanged} was called. An answer of the policy from before is out of date if this is another number by now. */
    public int policyVersion() {
        return policyVersion.get();
    }

    /** The access policy has another opinion of this line. */
    public void onPolicyChanged() {
        policyVersion.incrementAndGet();
    }

    /** Closes the connection that the line has, if it has one. Whether the line is then held depends on the code. */
    public void closeConnection(CloseCode code, String reason) {
        loop.execute(() -> delivery.closeConnection(code, reason, OptionalLong.empty()));
    }

    /** Answers the client's {@code $ping}. */
    public void sendPong() {
        execute(delivery::sendPong);
    }

    /** Closes a connection gracefully. Has no effect if another connection has replaced it. Whether the line is then held depends on the code. */
    public void close(LineConnection closing, CloseCode code, String reason) {
        loop.execute(() -> delivery.closeConnection(closing, code, reason));
    }

    /** The browser closes the line, by this connection. */
    public void onClientBye(LineConnection closing) {
        close(closing, CloseCode.NORMAL, "closed by the client");
    }

    /**
     * The container has closed a socket.
     *
     * @param forGood whether the close code says that the client will not resume the line
     */
    public void onSocketClosed(LineConnection closed, boolean forGood) {
        loop.execute(() -> delivery.onSocketClosed(closed, forGood));
    }

    /** For the log. The address comes before the user, whose name may be long. */
    @Override
    public String toString() {
        return "line " + id + address.map(share -> " at " + share).orElse("") + user.map(name -> ", user " + name).orElse("");
    }
}
