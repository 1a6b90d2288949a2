package dev.partyline.line;

import java.util.concurrent.atomic.AtomicReference;

/**
 * The exclusive right to write to one socket. A thread holds it from before it reads what is to be sent until the send has ended.
 *
 * <p>No thread ever waits for it. A thread that does not get it leaves, and the holder signals the event loop on release. So the thread that produced a reply can write it, and if
 * the system preempts that thread in the middle, no other line is delayed.
 *
 * <p>Any thread may acquire it; only its holder may release it; only the event loop may retire it.
 */
final class SendPermit {

    private enum State { FREE, HELD, WANTED, RETIRED }

    private final LineDelivery line;
    private final EventLoop loop;
    private final AtomicReference<State> state = new AtomicReference<>(State.FREE);
    /** Set before the state is RETIRED, and read after it. */
    private volatile Runnable onRetired;

    SendPermit(LineDelivery line, EventLoop loop) {
        this.line = line;
        this.loop = loop;
    }

    /** Whether the caller now holds the permit, and must {@link #release} it. If not, the event loop will be signalled on release, unless the permit is retired. */
    boolean tryAcquire() {
        while (true) {
            switch (state.get()) {
                case FREE -> {
                    if (state.compareAndSet(State.FREE, State.HELD)) {
                        return true;
                    }
                }
                case HELD -> {
                    if (state.compareAndSet(State.HELD, State.WANTED)) {
                        return false;
                    }
                }
                default -> {
                    return false;
                }
            }
        }
    }

    void release() {
        if (state.compareAndSet(State.HELD, State.FREE)) {
            return;
        }
        if (state.compareAndSet(State.WANTED, State.FREE)) {
            loop.signal(line);
        } else {
            loop.execute(onRetired);
        }
    }

    /** Ends the permit: no thread acquires it any more. {@code then} runs in the event loop, at once if the permit is free, else after its release. */
    void retire(Runnable then) {
        loop.assertInLoop();
        Runnable before = onRetired;
        onRetired = before == null ? then : () -> {
            before.run();
            then.run();
        };
        if (state.getAndSet(State.RETIRED) == State.FREE) {
            onRetired.run();
        }
    }
}
