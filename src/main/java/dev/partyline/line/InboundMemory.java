package dev.partyline.line;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many bytes of the heap the messages take that clients have sent and that the server has not processed: those whose last part is missing, and those that wait for a handler or its answer.
 * They are bounded in total, and each user or address has a share.
 *
 * <p>Any thread may call.
 */
public final class InboundMemory {

    private static final int OWNERS = 8;

    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();
    private final ConcurrentMap<String, Long> byOwner = new ConcurrentHashMap<>();

    /** @param maxBytes the bound of all; one owner may have an eighth of it */
    public InboundMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /**
     * Counts bytes, unless there are too many already.
     *
     * @param owner the user or address
     */
    public boolean tryAdd(String owner, long added) {
        if (bytes.addAndGet(added) > maxBytes) {
            bytes.addAndGet(-added);
            return false;
        }
        boolean[] counted = {false};
        byOwner.compute(owner, (name, before) -> {
            long now = (before == null ? 0 : before) + added;
            counted[0] = now <= maxBytes / OWNERS;
            return counted[0] ? Long.valueOf(now) : before;
        });
        if (!counted[0]) {
            bytes.addAndGet(-added);
        }
        return counted[0];
    }

    /** The bytes were counted, and are free now. */
    public void remove(String owner, long removed) {
        bytes.addAndGet(-removed);
        byOwner.computeIfPresent(owner, (name, before) -> before <= removed ? null : before - removed);
    }

    public long bytes() {
        return bytes.get();
    }
}
