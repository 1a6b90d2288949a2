package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.testing.Clock;
import dev.partyline.testing.LogCapture;
import jakarta.transaction.Status;
import jakarta.transaction.SystemException;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CallContextTest {

    private final Clock clock = new Clock();
    private final ClassLoader application = new URLClassLoader(new URL[0], null);
    private final CallContext context = new CallContext(application, clock);
    private final FakeTransaction transaction = new FakeTransaction();
    private final TransactionGuard guard = new TransactionGuard(Optional.of(transaction), Optional.empty());
    private final List<String> order = new ArrayList<>();
    private final LogCapture log = LogCapture.instead(Level.WARNING);

    @AfterEach
    void close() {
        log.close();
        transaction.leaveThread();
    }

    @Test
    void codeHasTheClassLoaderOfTheApplicationAndTheThreadKeepsItsOwn() throws Exception {
        ClassLoader before = Thread.currentThread().getContextClassLoader();

        assertThat(context.call("code", Optional.empty(), () -> Thread.currentThread().getContextClassLoader())).isSameAs(application);
        assertThatThrownBy(() -> context.call("code", Optional.empty(), () -> {
            throw new IOException("no");
        })).isInstanceOf(IOException.class);
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    }

    @Test
    void containerThatOffersNothingLeavesTheClassLoaderAndSaysSo() throws Exception {
        context.capture(Optional.empty());

        assertThat(context).hasToString("the class loader of the application only");
        assertThat(context.call("code", Optional.empty(), () -> "done")).isEqualTo("done");
    }

    @Test
    void requestContextLiesWithinTheNamingContextAndEachCallHasItsOwn() throws Exception {
        context.use(Optional.of(within("naming")), Optional.of(within("request")), Optional.of(guard));

        assertThat(context).asString().contains("java:comp", "CDI request context", "rollback");
        context.call("code", Optional.empty(), () -> order.add("first"));
        context.call("code", Optional.empty(), () -> order.add("second"));
        assertThat(order).containsExactly("naming", "request", "first", "end of request", "end of naming", "naming", "request", "second", "end of request", "end of naming");
    }

    @Test
    void callOfAUserLiesWithinTheContextsOfTheUserAndTheNextOneDoesNot() throws Exception {
        context.use(Optional.of(within("naming")), Optional.of(within("request")), Optional.of(guard));

        context.call("code", Optional.of(within("ann")), () -> order.add("first"));
        context.call("code", Optional.empty(), () -> order.add("second"));
        assertThat(order).containsExactly("ann", "request", "first", "end of request", "end of ann", "naming", "request", "second", "end of request", "end of naming");
    }

    @Test
    void containerWithoutJakartaConcurrencyHasNoContextsOfAUser() {
        context.capture(Optional.of(within("request")));

        assertThat(context.captureUser()).isEmpty();
    }

    @Test
    void whatCodeThrowsPassesTheContextsUnchanged() {
        context.use(Optional.of(task -> {
            try {
                task.run();
            } catch (Throwable e) {
                throw new IllegalStateException("a container wraps it", e);
            }
        }), Optional.of(within("request")), Optional.of(guard));
        for (Throwable thrown : List.of(new IOException("a"), new StackOverflowError("b"), new CallException("c", "d"))) {
            assertThatThrownBy(() -> context.call("code", Optional.empty(), () -> {
                throw CallContextTest.<RuntimeException>sneaky(thrown);
            })).isSameAs(thrown);
        }
    }

    @Test
    void transactionThatIsLeftOpenIsRolledBackWithinTheNamingContextAndLoggedOnceAMinute() throws Exception {
        context.use(Optional.of(within("naming")), Optional.empty(), Optional.of(guard));
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> context.call("the handler for type a", Optional.empty(), this::leaveOpen))
                .isInstanceOf(CallContext.OpenTransactionException.class).hasMessageContaining("the handler for type a");
        }
        assertThatThrownBy(() -> context.call("the handler for type b", Optional.empty(), this::leaveOpen)).isInstanceOf(CallContext.OpenTransactionException.class);
        clock.forward(Duration.ofMinutes(1));
        assertThatThrownBy(() -> context.call("the handler for type a", Optional.empty(), this::leaveOpen)).isInstanceOf(CallContext.OpenTransactionException.class);

        assertThat(log.messages(Level.WARNING)).containsExactly("the handler for type a left a transaction open, which was rolled back",
            "the handler for type b left a transaction open, which was rolled back", "the handler for type a left a transaction open, which was rolled back, 3 times since this was last logged");
        assertThat(transaction.rolledBack()).isEqualTo(5);
        assertThat(context.call("next", Optional.empty(), transaction::getStatus)).isEqualTo(Status.STATUS_NO_TRANSACTION);
    }

    @Test
    void interruptDoesNotReachTheRollback() {
        boolean[] interrupted = {true};
        context.use(Optional.empty(), Optional.empty(), Optional.of(new TransactionGuard(Optional.of(transaction), Optional.empty()) {
            @Override
            boolean endTransaction() {
                boolean ended = super.endTransaction();
                interrupted[0] = Thread.currentThread().isInterrupted();
                return ended;
            }
        }));
        assertThatThrownBy(() -> context.call("code", Optional.empty(), () -> {
            leaveOpen();
            Thread.currentThread().interrupt();
            return null;
        })).isInstanceOf(CallContext.OpenTransactionException.class);
        assertThat(interrupted[0]).isFalse();
    }

    /** Its timeout rolls a transaction back, on another thread; its own thread keeps it. */
    @Test
    void transactionThatHasEndedByItselfIsTakenFromItsThread() {
        TransactionManager manager = (TransactionManager) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {TransactionManager.class}, (proxy, method, arguments) -> {
            switch (method.getName()) {
                case "getStatus":
                    return transaction.getStatus();
                case "rollback":
                    throw new SystemException("it has ended");
                case "suspend":
                    transaction.leaveThread();
                    return (Transaction) null;
                default:
                    throw new AssertionError(method);
            }
        });
        context.use(Optional.empty(), Optional.empty(), Optional.of(new TransactionGuard(Optional.empty(), Optional.of(manager))));

        assertThatThrownBy(() -> context.call("code", Optional.empty(), () -> {
            transaction.rollBackByItself();
            return null;
        })).isInstanceOfSatisfying(CallContext.OpenTransactionException.class, e -> assertThat(e.isThreadUsable()).isTrue());
        assertThat(transaction.getStatus()).isEqualTo(Status.STATUS_NO_TRANSACTION);
    }

    /** As some do while the application is stopped: the code is called nevertheless, and once. */
    @Test
    void codeIsCalledWithoutAContextThatTheContainerRefuses() throws Exception {
        Executor refusing = task -> {
            throw new IllegalStateException("the application is not enabled");
        };
        Executor late = task -> {
            task.run();
            throw new IllegalStateException("the context cannot be left");
        };
        context.use(Optional.of(refusing), Optional.of(refusing), Optional.of(guard));
        assertThat(context.call("code", Optional.empty(), () -> order.add("called"))).isTrue();
        context.use(Optional.of(late), Optional.of(late), Optional.of(guard));
        assertThat(context.call("code", Optional.empty(), () -> order.add("called"))).isTrue();

        assertThat(order).containsExactly("called", "called");
        assertThat(log.messages(Level.WARNING)).containsExactly("a context of the application could not be entered", "a context of the application could not be left");
    }

    private Object leaveOpen() {
        transaction.begin();
        return null;
    }

    private Executor within(String name) {
        return task -> {
            order.add(name);
            task.run();
            order.add("end of " + name);
        };
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneaky(Throwable thrown) throws T {
        throw (T) thrown;
    }
}
