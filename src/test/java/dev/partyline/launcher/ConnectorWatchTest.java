package dev.partyline.launcher;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.coyote.AbstractProtocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConnectorWatchTest {

    private static final Logger QUIET = Logger.getLogger("org.apache");
    private static final Logger WATCH = Logger.getLogger(ConnectorWatch.class.getName());

    private final Tomcat tomcat = new Tomcat();
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final AtomicBoolean noThread = new AtomicBoolean();

    @BeforeEach
    void start(@TempDir Path home) throws LifecycleException {
        QUIET.setLevel(Level.OFF);
        WATCH.setLevel(Level.OFF);
        tomcat.setBaseDir(home.toString());
        Connector connector = new Connector("HTTP/1.1");
        connector.setPort(0);
        connector.setProperty("address", "127.0.0.1");
        ((AbstractProtocol<?>) connector.getProtocolHandler()).setExecutor(task -> {
            if (noThread.getAndSet(false)) {
                throw new OutOfMemoryError("unable to create native thread, says a test");
            }
            executor.execute(task);
        });
        tomcat.setConnector(connector);
        tomcat.addContext("", home.toString());
        tomcat.start();
        ConnectorWatch.start(connector, Duration.ofMillis(50));
    }

    @AfterEach
    void stop() throws LifecycleException {
        tomcat.stop();
        tomcat.destroy();
        executor.shutdownNow();
        QUIET.setLevel(null);
        WATCH.setLevel(null);
    }

    @Test
    void serverWhosePollerHasEndedServesAgain() {
        await().until(() -> status() == 404);
        Thread poller = ConnectorWatch.threads().stream().filter(known -> known.getName().endsWith("-Poller")).findFirst().orElseThrow();
        noThread.set(true);
        status();
        await().until(() -> !poller.isAlive());

        await().until(() -> status() == 404);
    }

    private int status() {
        try {
            HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/").toURL().openConnection();
            connection.setConnectTimeout(500);
            connection.setReadTimeout(500);
            connection.setRequestProperty("Connection", "close");
            return connection.getResponseCode();
        } catch (IOException e) {
            return 0;
        }
    }
}
