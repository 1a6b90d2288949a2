package dev.partyline.line;

import dev.partyline.stats.KeyedCounter;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * The pings that may block, because the buffers of their connections may be full. Each user or address has at most one at a time, and they leave some threads of the pool to other
 * tasks: so clients that do not read keep no other client from its ping or its close.
 *
 * <p>Any thread may call.
 */
final class BlockingPings {

    private final Semaphore threads;
    private final KeyedCounter byOwner = new KeyedCounter();

    /** @param threads how many threads of the pool they may take */
    BlockingPings(int threads) {
        this.threads = new Semaphore(threads);
    }

    /**
     * Runs a ping on the pool.
     *
     * @param owner the user or address of the client
     * @return false if there are too many now
     */
    boolean tryRun(String owner, Executor pool, Runnable ping) {
        if (!threads.tryAcquire()) {
            return false;
        }
        if (!byOwner.tryIncrement(owner, 1)) {
            threads.release();
            return false;
        }
        boolean queued = false;
        try {
            pool.execute(() -> {
                try {
                    ping.run();
                } finally {
                    release(owner);
                }
            });
            queued = true;
        } finally {
            // Without memory or threads, the pool takes no task.
            if (!queued) {
                release(owner);
            }
        }
        return true;
    }

    private void release(String owner) {
        byOwner.decrement(owner);
        threads.release();
    }
}
