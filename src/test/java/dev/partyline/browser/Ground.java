package dev.partyline.browser;

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

/** What the cases of a class stand on: a server with its settings, and the {@link Tap} in front of it. */
final class Ground implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {

    private final Supplier<PartylineServer> start;
    private PartylineServer server;
    private Tap tap;

    Ground(Map<String, String> settings) {
        this(() -> new PartylineServer(settings));
    }

    /** @param start starts the server */
    Ground(Supplier<PartylineServer> start) {
        this.start = start;
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        // Playwright may be used by one thread only, so conditions are looked at by the thread that waits for them.
        Awaitility.pollInSameThread();
        Awaitility.setDefaultPollInterval(Duration.ofMillis(20));
        Awaitility.setDefaultTimeout(Duration.ofSeconds(15));
        server = start.get();
        tap = new Tap(server.port());
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        tap.connect();
        tap.forget();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        // Neither is there if the server did not start.
        if (tap != null) {
            tap.close();
        }
        if (server != null) {
            server.close();
        }
    }

    PartylineServer server() {
        return server;
    }

    Tap tap() {
        return tap;
    }

    /** Where browsers find something of the server. */
    String url(String path) {
        return "http://127.0.0.1:" + tap.port() + path;
    }

    /** The same over what no browser takes for a secure context. */
    String plainUrl(String path) {
        return "http://" + PlaywrightEngine.PLAIN_HOST + ":" + tap.port() + path;
    }

    /** The server goes down as a container does, and its address with it. */
    void stopServer() {
        server.stop();
        tap.disconnect();
    }

    void startServer() {
        server.start();
        tap.connect();
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
