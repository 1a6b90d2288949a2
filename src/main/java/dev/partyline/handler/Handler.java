package dev.partyline.handler;

/**
 * Handles the messages of one type in an application.
 *
 * <p>Runs on a thread of a bounded pool, so it may block; a handler that never blocks may be marked {@link #nonBlocking}. Messages of one tab are handled one
 * after the other, in order, unless their type has parallel calls ({@link HandlerOptions#parallel}); those of different tabs, also of the same line, in parallel.
 *
 * @param <T> the type that a message's value is converted to
 */
@FunctionalInterface
public interface Handler<T> {

    /**
     * Handles one message.
     *
     * @return the reply: a value that JSON-B can write, a {@link java.util.concurrent.CompletionStage} of one, or null for none. The reply to a message that is not a
     *     request is sent to the tab as a message of the same type
     * @throws CallException to reject the request with a code and a message; also as a cause of another exception
     * @throws Exception     to reject it with {@code failed}; the exception is logged
     */
    Object handle(Call<T> call) throws Exception;

    /** Whether this handler never blocks, so that it may run on the thread that reads the message. */
    default boolean isNonBlocking() {
        return false;
    }

    /**
     * Marks a handler that never blocks: it runs on the thread that reads the message, and its reply is sent at once. This saves a hand-over between threads, which costs more
     * than most short handlers. A handler that blocks nevertheless delays the tabs of its own line only.
     */
    static <T> Handler<T> nonBlocking(Handler<T> handler) {
        return new Handler<>() {
            @Override
            public Object handle(Call<T> call) throws Exception {
                return handler.handle(call);
            }

            @Override
            public boolean isNonBlocking() {
                return true;
            }
        };
    }

    /**
     * The former name of {@link #nonBlocking}.
     *
     * @throws UnsupportedOperationException always
     */
    @Deprecated(forRemoval = true)
    static <T> Handler<T> quick(Handler<T> handler) {
        throw new UnsupportedOperationException("Handler.quick has been renamed: call Handler.nonBlocking instead");
    }

    /** The former name of {@link #isNonBlocking}: a handler for which this is true cannot be registered. */
    @Deprecated(forRemoval = true)
    default boolean isQuick() {
        return false;
    }
}
