package dev.partyline.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.http.HttpSession;
import java.lang.reflect.Proxy;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HttpLoginSessionTest {

    private static final long LOGIN = Instant.parse("2026-01-01T12:00:00Z").toEpochMilli();

    private final AtomicInteger interval = new AtomicInteger(1800);
    private final AtomicLong accessed = new AtomicLong(LOGIN);
    private final AtomicLong now = new AtomicLong(LOGIN);
    private final AtomicBoolean ended = new AtomicBoolean();
    private final HttpLoginSession session = new HttpLoginSession(http(), () -> Instant.ofEpochMilli(now.get()));

    private HttpSession http() {
        return (HttpSession) Proxy.newProxyInstance(HttpLoginSessionTest.class.getClassLoader(), new Class<?>[] {HttpSession.class}, (proxy, method, arguments) -> {
            if (ended.get() && !method.getName().equals("getId")) {
                throw new IllegalStateException("the session is invalid");
            }
            return switch (method.getName()) {
                case "getId" -> "s1";
                case "isNew" -> true;
                case "getCreationTime" -> LOGIN;
                case "getLastAccessedTime" -> accessed.get();
                case "getMaxInactiveInterval" -> interval.get();
                case "setMaxInactiveInterval" -> {
                    interval.set((Integer) arguments[0]);
                    yield null;
                }
                default -> throw new UnsupportedOperationException(method.getName());
            };
        });
    }

    /** Its browser may not know it. */
    @Test
    void sessionThatTheHandshakeHasMadeIsNewAndOneThatHasEndedMeanwhileIsNot() {
        assertThat(session.isNew()).isTrue();
        ended.set(true);
        HttpLoginSession late = new HttpLoginSession(http(), () -> Instant.ofEpochMilli(now.get()));
        assertThat(late.isNew()).isFalse();
        assertThat(late.isValid()).isFalse();
    }

    private void minutesLater(int minutes) {
        now.addAndGet(minutes * 60_000L);
    }

    /** In how many seconds from now on it expires, without another request. */
    private long left() {
        return interval.get() - (now.get() - accessed.get()) / 1000;
    }

    @Test
    void extendedSessionLastsAsLongAsAfterARequest() {
        for (int i = 0; i < 5; i++) {
            minutesLater(20);
            session.extend();
            assertThat(left()).isBetween(1800L, 1801L);
        }
    }

    @Test
    void requestAfterwardsCountsAsAnyOther() {
        minutesLater(20);
        session.extend();
        accessed.set(now.get());
        session.onRequest();
        assertThat(interval).hasValue(1800);

        minutesLater(10);
        session.extend();
        assertThat(left()).isBetween(1800L, 1801L);
    }

    @Test
    void intervalThatTheApplicationSetsMeanwhileIsTheNewStandard() {
        minutesLater(20);
        session.extend();
        interval.set(600);
        session.onRequest();
        assertThat(interval).hasValue(600);
        accessed.set(now.get());

        minutesLater(5);
        session.extend();
        assertThat(left()).isBetween(600L, 601L);
    }

    @Test
    void sessionThatNeverExpiresIsLeftAlone() {
        interval.set(-1);
        minutesLater(20);
        session.extend();
        assertThat(interval).hasValue(-1);
        assertThat(session.hasExpired()).isFalse();
    }

    @Test
    void sessionExpiresAnIntervalAfterTheLastRequestThatIsKnown() {
        minutesLater(29);
        assertThat(session.hasExpired()).isFalse();
        // The container of this test does not tell of it.
        session.onRequest();
        minutesLater(30);
        assertThat(session.hasExpired()).isFalse();
        accessed.set(now.get());
        minutesLater(30);
        assertThat(session.hasExpired()).isFalse();
        minutesLater(1);
        assertThat(session.hasExpired()).isTrue();
    }

    @Test
    void sessionThatIsExtendedExpiresLater() {
        minutesLater(20);
        session.extend();
        minutesLater(29);
        assertThat(session.hasExpired()).isFalse();
        minutesLater(2);
        assertThat(session.hasExpired()).isTrue();
    }

    @Test
    void sessionThatHasEndedIsNotValidAndCannotBeExtended() {
        assertThat(session.isValid()).isTrue();
        ended.set(true);
        assertThat(session.isValid()).isFalse();
        assertThat(session.hasExpired()).isTrue();
        session.extend();
        session.onRequest();
        assertThat(interval).hasValue(1800);
    }
}
