package dev.partyline.test;

import dev.partyline.handler.CallException;
import dev.partyline.handler.HandlerAccess;
import dev.partyline.wire.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A tab of a {@link TestBrowser}: it sends, joins, publishes, receives and answers as a page does. For the thread of the test. */
public final class TestTab {

    private final TestBrowser browser;
    private final String id;
    private final Set<String> joined = ConcurrentHashMap.newKeySet();
    private final List<Message> received = new CopyOnWriteArrayList<>();
    private final ConcurrentMap<String, String> left = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, Function<String, Object>> answers = new ConcurrentHashMap<>();
    private int taken;

    TestTab(TestBrowser browser, String id) {
        this.browser = browser;
        this.id = id;
    }

    /** As in {@code call.tab()} and {@code toTab}. */
    public String id() {
        return id;
    }

    public TestBrowser browser() {
        return browser;
    }

    /**
     * Sends a request and waits for its reply.
     *
     * @param value any that the application's mapper writes; null for none
     * @throws CallException with the code of the error, such as {@code forbidden}, if it is answered with one
     */
    public <R> R request(String type, Object value, Class<R> reply) {
        return await("the reply to " + type, requestAsync(type, value, reply));
    }

    /** As {@link #request}, without waiting: for a handler that waits for the test. */
    public <R> CompletableFuture<R> requestAsync(String type, Object value, Class<R> reply) {
        return browser.request(type, id, value(value)).thenApply(frame -> read(frame.get("value"), reply));
    }

    /** Sends a message that is no request. */
    public void send(String type, Object value) {
        browser.send("{\"type\":" + Json.quote(type) + ",\"from\":\"" + id + "\"" + value(value) + "}");
        browser.test().awaitIdle();
    }

    /**
     * Joins a topic: what is published from now on is received.
     *
     * @throws CallException {@code forbidden} if the access policy denies it, or another error
     */
    public void join(String topic) {
        if (!browser.isIn(topic)) {
            browser.join(topic, await("the answer to the join", browser.request("$join", id, ",\"topic\":" + Json.quote(topic))));
        }
        left.remove(topic);
        joined.add(topic);
        browser.test().awaitIdle();
    }

    /** Leaves a topic. Its line does, if no other tab is in it. */
    public void leave(String topic) {
        if (joined.remove(topic) && !browser.isIn(topic)) {
            browser.leave(topic);
            await("the answer to the leave", browser.request("$leave", id, ",\"topic\":" + Json.quote(topic)));
        }
    }

    boolean isIn(String topic) {
        return joined.contains(topic);
    }

    /**
     * Publishes to a topic.
     *
     * @throws CallException {@code forbidden} if the access policy denies it, or another error
     */
    public void publish(String topic, Object value) {
        await("the answer to the publish", browser.request("$publish", id, ",\"topic\":" + Json.quote(topic) + value(value)));
        browser.test().awaitIdle();
    }

    /**
     * Answers the questions of one type that {@code Partyline.ask} asks this tab. A type without a function is answered with {@code unknown_type}.
     *
     * @param fn runs on the thread of its browser, not on that of the test. It may throw a {@link CallException}, which is the answer then
     */
    public <T> void answer(String type, Class<T> value, Function<T, Object> fn) {
        answers.put(type, json -> fn.apply(HandlerAccess.read(browser.test().access().codec(), json, value)));
    }

    /** All that it has received, in order: messages to it and its line, of the topics that it joined, to its user and to all lines. Replies are not among them. */
    public List<Message> received() {
        browser.test().settle();
        return List.copyOf(received);
    }

    /** What it has received of this type. */
    public List<Message> received(String type) {
        return received().stream().filter(message -> message.type().filter(type::equals).isPresent()).toList();
    }

    /** The next message that this method has not returned yet; waits for it, such as for what another thread publishes. */
    public Message next() {
        TestPartyline.await("a message", () -> received.size() > taken);
        return received.get(taken++);
    }

    /** The topics that the server has taken it off, each with the code of the error: {@code removed}, or {@code forbidden}. */
    public Map<String, String> left() {
        browser.test().settle();
        return Map.copyOf(left);
    }

    /** The user looks at another tab. */
    public void hide() {
        state("hidden");
    }

    /** The user looks at this tab. */
    public void show() {
        state("visible");
    }

    private void state(String state) {
        browser.send("{\"type\":\"$tab\",\"from\":\"" + id + "\",\"state\":\"" + state + "\"}");
        browser.test().awaitIdle();
    }

    /** Closes this tab. Its line goes on, even without tabs, until {@link TestBrowser#close}. */
    public void close() {
        browser.remove(this);
    }

    private String value(Object value) {
        return value == null ? "" : ",\"value\":" + browser.test().access().codec().write(value);
    }

    private <R> R read(Object value, Class<R> type) {
        return value == null ? null : HandlerAccess.read(browser.test().access().codec(), browser.test().json(value), type);
    }

    private static <R> R await(String what, CompletableFuture<R> future) {
        TestPartyline.await(what, future::isDone);
        try {
            return future.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw e;
        }
    }

    /** The thread of the browser. */
    void onTopicFrame(String type, Map<String, Object> frame) {
        String topic = (String) frame.get("topic");
        boolean implicit = topic.startsWith("@") || topic.equals("*");
        if (!type.equals("$gap") && (implicit || joined.contains(topic))) {
            received.add(browser.test().message(frame));
        }
    }

    /** The thread of the browser. */
    void onLeft(String topic, CallException error) {
        if (joined.remove(topic)) {
            left.put(topic, error.code());
        }
    }

    /** The thread of the browser. */
    void onMessage(Map<String, Object> frame) {
        Optional<String> type = TestPartyline.text(frame, "type");
        if (frame.containsKey("id") && type.isPresent()) {
            answer(type.get(), (Number) frame.get("id"), browser.test().json(frame.get("value")));
        } else {
            received.add(browser.test().message(frame));
        }
    }

    private void answer(String type, Number question, String json) {
        String members;
        try {
            Function<String, Object> fn = answers.get(type);
            if (fn == null) {
                throw new CallException("unknown_type", "this page has no answer for this type");
            }
            members = value(fn.apply(json));
        } catch (CallException e) {
            members = error(e.code(), e.getMessage());
        } catch (RuntimeException e) {
            members = error("failed", String.valueOf(e.getMessage()));
        }
        browser.request("$answer", id, ",\"re\":" + question.longValue() + members);
    }

    private static String error(String code, String message) {
        return ",\"error\":{\"code\":" + Json.quote(code) + ",\"message\":" + Json.quote(message) + "}";
    }
}
