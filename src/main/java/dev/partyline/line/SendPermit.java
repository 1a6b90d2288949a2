package dev.partyline.line;

import java.util.concurrent.atomic.AtomicReference;

/**
 * The right to send on one socket. One thread has it at a time, from before it looks for what is to be sent until that is on its way.
 *
 * <p>Nobody waits for it: whoever comes while another has it leaves, and the other tells the operator when it is through. So a reply can go out by the thread that made it, and
 * that thread, should the system stop it in the middle, holds up no line but this one.
 */
final class SendPermit {

    private enum State { FREE, HELD, WANTED, RETIRED }

    private final Line line;
    private final EventLoop loop;
    private final AtomicReference<State> state = new AtomicReference<>(State.FREE);
    /** Set before the end, and read after it. */
    private volatile Runnable onRetired;

    SendPermit(Line line, EventLoop loop) {
        this.line = line;
        this.loop = loop;
    }

    /** Any thread: whether the turn is now the caller's, who must {@link #release} it back. If not, and it has not ended, the operator will look at the line when it is free. */
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

    /** Whose turn it is: gives it back. */
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

    /** Operator only: gives nobody a turn any more, and runs {@code then} as soon as who may have it now is through, which is at once where nobody has. */
    void retire(Runnable then) {
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
