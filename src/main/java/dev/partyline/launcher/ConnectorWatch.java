package dev.partyline.launcher;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.LifecycleState;
import org.apache.catalina.connector.Connector;

/**
 * Restarts a connector of Tomcat that has lost a thread.
 *
 * <p>An {@link OutOfMemoryError}, also one for want of a thread, ends Tomcat's acceptor and pollers. Then the server runs, and accepts or reads nothing any more.
 */
final class ConnectorWatch implements Runnable {

    private static final System.Logger LOG = System.getLogger(ConnectorWatch.class.getName());
    private static final List<String> ROLES = List.of("-Acceptor", "-Poller");

    private final Connector connector;
    private final long periodNanos;
    private List<Thread> watched;

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

    /** Never ends: without memory, whatever it does may throw. */
    @Override
    public void run() {
        while (true) {
            LockSupport.parkNanos(periodNanos);
            try {
                check();
            } catch (LifecycleException | RuntimeException | Error e) {
                logFailure(e);
            }
        }
    }

    private void check() throws LifecycleException {
        if (!connector.getState().isAvailable()) {
            // The server stops; or the last restart has failed, and is tried again.
            if (connector.getState() == LifecycleState.FAILED) {
                restart();
            }
            return;
        }
        for (Thread thread : watched) {
            if (!thread.isAlive()) {
                LOG.log(System.Logger.Level.ERROR, "the thread {0} of Tomcat has ended, as it does without memory or threads; the connector is restarted", thread.getName());
                restart();
                return;
            }
        }
    }

    private void restart() throws LifecycleException {
        connector.stop();
        connector.start();
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
