package dev.partyline.handler;

/**
 * What an application does with messages of one type.
 *
 * <p>Runs on a thread of a bounded pool, so it may block. Messages of one tab come one after the other and in order; those of different tabs, of the same line too,
 * come in parallel.
 *
 * @param <T> what a message's value is turned into
 */
@FunctionalInterface
public interface Handler<T> {

    /**
     * Handles one message.
     *
     * @return what the asking tab gets: a value that JSON-B can write, a {@link java.util.concurrent.CompletionStage} of one, or null for nothing. The answer to
     *     a message that is no request is sent to the tab as a message of the same type
     * @throws CallException to reject the request with a code and a message
     * @throws Exception     to reject it with {@code failed}; the log says why
     */
    Object handle(Call<T> call) throws Exception;
}
