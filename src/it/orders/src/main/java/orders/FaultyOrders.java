package orders;

import dev.partyline.Partyline;
import dev.partyline.handler.Caller;
import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import jakarta.transaction.UserTransaction;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** For the tests: transactions that end well, badly or not at all. */
@ApplicationScoped
public class FaultyOrders {

    /** The time limit is five seconds, see web.xml. */
    private static final Duration HANG = Duration.ofMillis(7500);

    @Inject
    private Orders orders;
    @Inject
    private Partyline partyline;
    @Resource
    private UserTransaction transaction;

    public String commit(String item) {
        return orders.place(item).getItem();
    }

    public String rollBack(String item) throws Exception {
        transaction.begin();
        orders.place(item);
        transaction.rollback();
        throw new IllegalStateException("rolled back");
    }

    public String leaveOpen(String item) throws Exception {
        transaction.begin();
        return orders.place(item).getItem();
    }

    public String leaveMarked(String item) throws Exception {
        transaction.begin();
        transaction.setRollbackOnly();
        return item;
    }

    @Transactional
    public String fail(String item) {
        orders.place(item);
        throw new IllegalStateException("the card was refused");
    }

    @Transactional
    public String tellAndFail(String item) {
        orders.placeAndTell(item);
        throw new IllegalStateException("the card was refused");
    }

    /** Until the interrupt at the end of its time. */
    public String timeOut(String item) throws Exception {
        transaction.begin();
        orders.place(item);
        new CountDownLatch(1).await();
        return item;
    }

    /** Beyond the end of its time, and long enough after its interrupt for another thread to take the place of its own. */
    public String hang(String item) throws Exception {
        transaction.begin();
        orders.place(item);
        ignoreInterrupts();
        return item;
    }

    /** As {@link #hang}, and then it commits. */
    @Transactional
    public String commitLate(String item) {
        orders.place(item);
        ignoreInterrupts();
        return item;
    }

    private static void ignoreInterrupts() {
        long until = System.nanoTime() + HANG.toNanos();
        while (System.nanoTime() - until < 0) {
            try {
                new CountDownLatch(1).await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (InterruptedException e) {
                // Ignored, as by code that waits for a socket.
            }
        }
    }

    /** To the caller in three ways, after the commit. */
    @Transactional
    public String tellCaller(String item, Caller caller) {
        orders.place(item);
        partyline.afterCommit().toTab(caller.tab().orElseThrow(), "toTab", item);
        partyline.afterCommit().toLine(caller.line(), "toLine", item);
        partyline.afterCommit().toUser(caller.user().orElseThrow(), "toUser", item);
        return item;
    }

    @Transactional
    public String tellCallerAndFail(String item, Caller caller) {
        tellCaller(item, caller);
        throw new IllegalStateException("the card was refused");
    }
}
