package dev.partyline.browser;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A tab that shows {@code line.html}, a page on a line, and what a test wants to know of it. */
record LinePage(Tab tab) {

    static LinePage open(Session session, ServerExtension server) {
        return open(session, server, "{}");
    }

    /**
     * Opens one that has been welcomed.
     *
     * @param options what {@code connect} is given, as JSON
     */
    static LinePage open(Session session, ServerExtension server, String options) {
        return at(session, server.url(address(options))).ready();
    }

    static List<LinePage> open(int count, Session session, ServerExtension server) {
        return IntStream.range(0, count).mapToObj(i -> open(session, server)).toList();
    }

    /** Opens one and does not wait for its line. */
    static LinePage at(Session session, String url) {
        return new LinePage(session.open(url));
    }

    static String address(String options) {
        return "/pages/line.html?options=" + ServerExtension.encoded(options);
    }

    LinePage ready() {
        return ready(Duration.ofSeconds(15));
    }

    LinePage ready(Duration limit) {
        await("the line to be open").atMost(limit).until(() -> status("state").equals("open"));
        return this;
    }

    /** The id of this tab, afresh at each page load. */
    String id() {
        return tab.text("() => line.id");
    }

    /** One member of {@code line.status}, as text. */
    String status(String member) {
        return tab.text("member => window.line ? String(line.status[member]) : 'no line'", member);
    }

    /** Whether the status of the line has ever had this close code. */
    boolean hasSeenCode(int code) {
        return tab.text("code => String(codes.includes(code))", code).equals("true");
    }

    Object request(String type, Object value) {
        return tab.eval("(type, value) => line.request(type, value)", type, value);
    }

    /** What becomes of a promise: {@code value}, or {@code code} and {@code retryable} of the error. */
    @SuppressWarnings("unchecked")
    Map<String, Object> outcome(String promise) {
        return (Map<String, Object>) tab.eval("() => outcome(" + promise + ")");
    }

    /** Starts to keep what comes by this type. */
    LinePage listen(String type) {
        tab.eval("type => { listen(type); }", type);
        return this;
    }

    /** Joins a topic, and is in it when this returns. */
    LinePage join(String topic) {
        tab.eval("topic => join(topic).ready.then(() => null)", topic);
        return this;
    }

    void publish(String topic, Object value) {
        tab.eval("(topic, value) => line.publish(topic, value).then(() => null)", topic, value);
    }

    /** What the functions given to {@code on} and {@code join} have heard, in order. */
    @SuppressWarnings("unchecked")
    List<Map<String, Object>> heard() {
        return (List<Map<String, Object>>) tab.eval("() => heard");
    }

    List<Object> values() {
        return heard().stream().map(message -> message.get("value")).toList();
    }

    /** What the worker posted to this tab and that this condition on {@code frame} holds for. */
    List<?> posted(String condition) {
        return (List<?>) tab.eval("condition => posted.filter(new Function('frame', 'return ' + condition))", condition);
    }

    /** What nobody caught in this page, nor in its worker. */
    List<?> trouble() {
        return (List<?>) tab.eval("async () => [...trouble, "
            + "...((await line.inspect()).log ?? []).map(entry => entry.what).filter(what => /^(error|unhandled)/.test(what))]");
    }

    Object inspect(String path) {
        return tab.eval("async path => path.split('.').reduce((object, member) => object?.[member], await line.inspect()) ?? null", path);
    }
}
