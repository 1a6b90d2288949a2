package dev.partyline.launcher;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.catalina.connector.Connector;
import org.apache.coyote.ProtocolHandler;

/**
 * Restarts a connector of Tomcat that has lost a thread.
 *
 * <p>An {@link OutOfMemoryError}, also one for want of a thread, ends Tomcat's acceptor and pollers. Then the server runs, and accepts or reads nothing any more. If the connector cannot
 * be restarted for a minute, the process ends.
 */
final class ConnectorWatch implements Runnable {

    private static final System.Logger LOG = System.getLogger(ConnectorWatch.class.getName());
    /** A minute. What supervises the process then starts another one. */
    private static final int MAX_ATTEMPTS = 12;
    private static final int EXIT_CODE = 3;
    private static final List<String> ROLES = List.of("-Acceptor", "-Poller");

    private final Connector connector;
    private final long periodNanos;
    private List<Thread> watched;
    /** To restart it, since it last worked. */
    private int attempts;

    private ConnectorWatch(Connector connector, Duration period) {
        this.connector = connector;
        this.periodNanos = period.toNanos();
        this.watched = threads();
    }

    /** Watches a connector that has started, until the JVM ends. */
    static void start(Connector connector, Duration period) {
        Thread thread = new Thread(new ConnectorWatch(connector, period), "partyline-watch");
        thread.setDaemon(true);
        thread.start();
    }

    /** The threads of all connectors of this JVM: there is one. */
    static List<Thread> threads() {
        Thread[] all = new Thread[2 * Thread.activeCount() + ROLES.size()];
        int count = Thread.enumerate(all);
        return Stream.of(all).limit(count).filter(thread -> ROLES.stream().anyMatch(thread.getName()::endsWith)).toList();
    }

    /** Whatever it does may throw without memory, also the log. */
    @Override
    public void run() {
        while (true) {
            LockSupport.parkNanos(periodNanos);
            try {
                check();
            } catch (Exception | Error e) {
                logFailure(e);
            }
        }
    }

    private void check() throws Exception {
        if (!connector.getState().isAvailable()) {
            // The server stops.
            return;
        }
        if (attempts == 0 && watched.size() >= ROLES.size() && watched.stream().allMatch(Thread::isAlive)) {
            return;
        }
        if (attempts++ >= MAX_ATTEMPTS) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
        restart();
        attempts = 0;
        LOG.log(System.Logger.Level.ERROR, "a thread of Tomcat that accepts or reads connections had ended, as it does without memory or threads; the connector was restarted");
    }

    /** Not by the lifecycle of the connector, which an error leaves in a state that nothing follows. */
    private void restart() throws Exception {
        ProtocolHandler handler = connector.getProtocolHandler();
        handler.stop();
        handler.start();
        watched = threads();
    }

    private static void logFailure(Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "the connector of Tomcat could not be checked or restarted; this is tried again", failure);
        } catch (RuntimeException | Error e) {
            // There may be no memory for the log either.
        }
    }
}
