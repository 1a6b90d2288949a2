package dev.partyline.test;

import dev.partyline.handler.Call;
import dev.partyline.handler.Caller;
import dev.partyline.handler.HandlerAccess;
import java.time.Duration;

/** Makes what a handler is called with, to test the handler alone. Its calls have ten seconds left, always. To test it with all that is around it, use {@link TestPartyline}. */
public final class TestCalls {

    /** The line of {@link #caller}. */
    public static final String LINE = "test-line";
    /** The tab of {@link #caller}. */
    public static final String TAB = "test-tab";

    private static final Duration TIME_LEFT = Duration.ofSeconds(10);

    private TestCalls() {
    }

    /** A tab without a user. */
    public static Caller caller() {
        return caller(TestHandshake.anonymous());
    }

    /** A tab of a user. */
    public static Caller caller(String user) {
        return caller(TestHandshake.of(user));
    }

    /** A tab of a browser that has connected with this handshake, with attributes of its own. */
    public static Caller caller(TestHandshake handshake) {
        return HandlerAccess.caller(LINE, TAB, handshake.facts());
    }

    /** A request of a tab without a user. */
    public static <T> Call<T> request(String type, T value) {
        return request(type, value, caller());
    }

    /** A request. */
    public static <T> Call<T> request(String type, T value, Caller caller) {
        return HandlerAccess.call(type, value, caller, true, TIME_LEFT);
    }

    /** A message that is no request. */
    public static <T> Call<T> message(String type, T value, Caller caller) {
        return HandlerAccess.call(type, value, caller, false, TIME_LEFT);
    }
}
