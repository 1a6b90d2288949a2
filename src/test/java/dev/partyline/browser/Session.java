package dev.partyline.browser;

import java.util.List;
import java.util.stream.IntStream;

/** A browser profile of its own: own cookies, own storage, own shared workers. */
interface Session extends AutoCloseable {

    Tab open(String url);

    default List<Tab> open(int count, String url) {
        return IntStream.range(0, count).mapToObj(i -> open(url)).toList();
    }

    /** Takes the browser off the net, as far as its pages are told, or puts it back: they hear {@code offline} and {@code online}. */
    default void offline(boolean offline) {
        throw new UnsupportedOperationException("this engine is not taken off the net by its driver");
    }

    @Override
    void close();
}
