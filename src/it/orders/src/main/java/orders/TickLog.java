package orders;

import jakarta.enterprise.context.ApplicationScoped;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** For the tests: what became of the ticks of the timers since the application's first listener has used Partyline. */
@ApplicationScoped
public class TickLog {

    private static final long LONGEST_WAIT_SECONDS = 30;

    private final CountDownLatch ticked = new CountDownLatch(1);
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicInteger requests = new AtomicInteger();
    private volatile boolean started;
    private volatile int requestsBefore;

    public void start() {
        started = true;
    }

    public void onTick() {
        if (started && ticked.getCount() > 0) {
            requestsBefore = requests.get();
            ticked.countDown();
        }
    }

    public void onFailure() {
        if (started) {
            failures.incrementAndGet();
        }
    }

    /** The first request waits for the first tick. */
    public void onRequest() {
        try {
            ticked.await(LONGEST_WAIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        requests.incrementAndGet();
    }

    public String summary() {
        return requestsBefore + " requests before the first tick, " + failures + " failures";
    }
}
