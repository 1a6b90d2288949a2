package dev.partyline.launcher;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.coyote.AbstractProcessor;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.SocketEvent;
import org.apache.tomcat.util.net.SocketWrapperBase;

/**
 * Tomcat's HTTP connector, with a deadline for the head of a request, such as a WebSocket handshake. Tomcat's own timeout begins anew with each byte, so a client that sends a header every
 * few seconds keeps its connection for many minutes.
 *
 * <p>An incomplete head holds no thread, only the connection.
 */
final class DeadlineProtocol extends Http11NioProtocol {

    private static final Duration HEAD_WITHIN = Duration.ofSeconds(10);
    private static final long NOT_STARTED = -1;

    private ScheduledFuture<?> checks;

    @Override
    public void start() throws Exception {
        super.start();
        checks = getUtilityExecutor().scheduleWithFixedDelay(this::tryCheck, 1, 1, TimeUnit.SECONDS);
    }

    @Override
    public void stop() throws Exception {
        if (checks != null) {
            checks.cancel(false);
        }
        super.stop();
    }

    /** An error must not end the checks. */
    private void tryCheck() {
        try {
            check(System.nanoTime());
        } catch (RuntimeException | Error e) {
            getLog().warn("the deadlines of requests could not be checked", e);
        }
    }

    private void check(long now) {
        for (SocketWrapperBase<NioChannel> connection : getEndpoint().getConnections()) {
            // None while a thread processes the connection, and before its first byte, for which Tomcat has a timeout.
            if (connection.getCurrentProcessor() instanceof AbstractProcessor http && isIncomplete(http) && now - http.getRequest().getStartTimeNanos() > HEAD_WITHIN.toNanos()) {
                // As Tomcat does itself when a read times out.
                getEndpoint().processSocket(connection, SocketEvent.ERROR, true);
            }
        }
    }

    /** Between requests, there is no start time. */
    private static boolean isIncomplete(AbstractProcessor http) {
        return !http.isAsync() && http.getRequest().getStartTimeNanos() != NOT_STARTED;
    }
}
