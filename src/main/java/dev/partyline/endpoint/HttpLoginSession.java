package dev.partyline.endpoint;

import dev.partyline.connection.LoginSession;
import jakarta.servlet.http.HttpSession;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * An HTTP session that lasts longer while its tabs send something over their line. Before Servlet 6.1 no method counts as a request, so its maximum inactive interval is extended by
 * the time since the last request.
 *
 * <p>Any thread may call.
 */
final class HttpLoginSession implements LoginSession {

    private static final System.Logger LOG = System.getLogger(HttpLoginSession.class.getName());

    /** After the end of the interval: the container must find the session expired, too. */
    private static final Duration LATE = Duration.ofSeconds(2);

    private final HttpSession session;
    private final InstantSource clock;
    private final String id;
    private final boolean isNew;
    /** Of the handshake or of a request. Some containers tell the time of the request before the last one. */
    private Instant requested;
    /** What the application has set, in seconds. */
    private int standard;
    /** What this object has set last; 0 if nothing, or if it is no longer in force. */
    private int extended;

    HttpLoginSession(HttpSession session, InstantSource clock) {
        this.session = session;
        this.clock = clock;
        this.id = session.getId();
        this.isNew = isNew(session);
        this.requested = clock.instant();
    }

    @Override
    public String id() {
        return id;
    }

    private static boolean isNew(HttpSession session) {
        try {
            return session.isNew();
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "the session has ended", e);
            return false;
        }
    }

    @Override
    public boolean isNew() {
        return isNew;
    }

    @Override
    public boolean isValid() {
        try {
            session.getCreationTime();
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    @Override
    public synchronized boolean hasExpired() {
        try {
            int interval = session.getMaxInactiveInterval();
            Instant known = Instant.ofEpochMilli(session.getLastAccessedTime());
            Instant used = known.isAfter(requested) ? known : requested;
            return interval > 0 && Duration.between(used, clock.instant()).compareTo(Duration.ofSeconds(interval).plus(LATE)) > 0;
        } catch (IllegalStateException e) {
            return true;
        }
    }

    @Override
    public synchronized void extend() {
        try {
            int interval = session.getMaxInactiveInterval();
            if (interval <= 0) {
                // It never expires.
                return;
            }
            if (interval != extended) {
                standard = interval;
            }
            Duration idle = Duration.between(Instant.ofEpochMilli(session.getLastAccessedTime()), clock.instant());
            extended = (int) Math.min(Integer.MAX_VALUE, standard + Math.max(0, idle.toSeconds() + 1));
            session.setMaxInactiveInterval(extended);
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "the session has ended", e);
        }
    }

    @Override
    public synchronized void onRequest() {
        requested = clock.instant();
        try {
            if (extended != 0 && session.getMaxInactiveInterval() == extended) {
                session.setMaxInactiveInterval(standard);
            }
            extended = 0;
        } catch (IllegalStateException e) {
            LOG.log(System.Logger.Level.DEBUG, "the session has ended", e);
        }
    }
}
