package dev.partyline.browser;

import static org.awaitility.pollinterval.IterativePollInterval.iterative;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

import dev.partyline.testing.PartylineServer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** What the cases of a class stand on: a server with its settings, and the {@link RecordingProxy} in front of it. */
final class ServerExtension implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {

    private static final Duration LONGEST_INTERVAL = Duration.ofMillis(150);

    private final Supplier<PartylineServer> start;
    private PartylineServer partyline;
    private RecordingProxy proxy;

    ServerExtension(Map<String, String> settings) {
        this(() -> new PartylineServer(settings));
    }

    /** @param start starts the server */
    ServerExtension(Supplier<PartylineServer> start) {
        this.start = start;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        waitInThisThread();
        partyline = start.get();
        proxy = new RecordingProxy(partyline.port());
    }

    /** How conditions of pages are waited for. */
    static void waitInThisThread() {
        // Playwright may be used by one thread only, so conditions are looked at by the thread that waits for them.
        Awaitility.pollInSameThread();
        // Soon after one another at first, and then not so often that the looks cost more than what is waited for.
        Awaitility.setDefaultPollInterval(iterative(interval -> interval.multipliedBy(3).dividedBy(2).compareTo(LONGEST_INTERVAL) < 0
            ? interval.multipliedBy(3).dividedBy(2) : LONGEST_INTERVAL, Duration.ofMillis(10)));
        Awaitility.setDefaultTimeout(Duration.ofSeconds(15));
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        proxy.connect();
        proxy.reset();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        // Neither is there if the server did not start.
        if (proxy != null) {
            proxy.close();
        }
        if (partyline != null) {
            partyline.close();
        }
    }

    PartylineServer partyline() {
        return partyline;
    }

    RecordingProxy proxy() {
        return proxy;
    }

    /** Where browsers find something of the server. */
    String url(String path) {
        return "http://127.0.0.1:" + proxy.port() + path;
    }

    /** The same over what no browser takes for a secure context. */
    String plainUrl(String path) {
        return "http://" + PlaywrightEngine.PLAIN_HOST + ":" + proxy.port() + path;
    }

    /** The server goes down as a container does, and its address with it. */
    void stopServer() {
        partyline.stop();
        proxy.disconnect();
    }

    void startServer() {
        partyline.start();
        proxy.connect();
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
