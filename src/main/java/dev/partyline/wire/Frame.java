package dev.partyline.wire;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** What a client may say: PROTOCOL.md's table "Up", a record for each row. */
public sealed interface Frame {

    /**
     * The first frame of a client that knows lines.
     *
     * @param version protocol version spoken
     * @param resume  the line to go on with
     * @param tabs    the tabs now on the line
     * @param topics  the topics to join, each after its position, or from now on
     * @param token   for the application's verifier
     * @param binary  whether the client reads binary messages, texts in UTF-8, too
     */
    record Hello(long version, Optional<Resume> resume, List<String> tabs, Map<String, Optional<Position>> topics, Optional<String> token, boolean binary)
        implements Frame {

        public Hello {
            tabs = List.copyOf(tabs);
            topics = Collections.unmodifiableMap(new LinkedHashMap<>(topics));
        }

        /** The token is a secret: it must not get into a log by way of a record's own text. */
        @Override
        public String toString() {
            return "Hello[version=" + version + ", resume=" + resume + ", tabs=" + tabs + ", topics=" + topics + "]";
        }
    }

    /**
     * A held line that its browser wants back.
     *
     * @param key   what proves that it is that browser's
     * @param inbox how many inbox frames the browser has heard in the line's life
     */
    record Resume(String line, String key, long inbox) {

        /** The key is a secret: it must not get into a log by way of a record's own text. */
        @Override
        public String toString() {
            return "Resume[line=" + line + ", inbox=" + inbox + "]";
        }
    }

    /**
     * A message to the application.
     *
     * @param type     absent in the post's untyped messages
     * @param from     the tab that sent it
     * @param id       present where it is a request
     * @param value    JSON as it came, absent where there is none
     * @param envelope the inner object of the post's {@code data} envelope as it came, whose members go back with the answer
     */
    record Message(Optional<String> type, String from, OptionalLong id, Optional<String> value, Optional<String> envelope) implements Frame {
    }

    /** A tab came, went, or was hidden or shown. */
    record Tab(String from, State state) implements Frame {

        public enum State { OPEN, HIDDEN, VISIBLE, GONE }
    }

    /** @param from the tab to answer; absent where the worker itself asks */
    record Join(String topic, Optional<Position> at, Optional<String> from, OptionalLong id) implements Frame {
    }

    /** @param from the tab to answer; absent where the worker itself asks */
    record Leave(String topic, Optional<String> from, OptionalLong id) implements Frame {
    }

    /** @param key makes a repeated publish harmless */
    record Publish(String topic, String from, OptionalLong id, String value, Optional<String> key) implements Frame {
    }

    /**
     * @param chars characters heard so far on this socket
     * @param inbox inbox frames heard so far in the line's life
     */
    record Ack(long chars, long inbox) implements Frame {
    }

    record Ping() implements Frame {
    }

    record Pong() implements Frame {
    }

    /** A token to go on with after the present one. */
    record Token(String token) implements Frame {

        @Override
        public String toString() {
            return "Token[]";
        }
    }

    /** The last tab is gone: forget the line. */
    record Bye() implements Frame {
    }
}
