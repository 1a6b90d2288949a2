package orders;

import jakarta.annotation.Resource;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import jakarta.transaction.Transactional;
import jakarta.transaction.UserTransaction;
import java.util.concurrent.CountDownLatch;

/** For the tests: transactions that end well, badly or not at all. */
@ApplicationScoped
public class FaultyOrders {

    @Inject
    private Orders orders;
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
}
