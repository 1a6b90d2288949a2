package dev.partyline.wire;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** The frames from a client: section "Up" of PROTOCOL.md, a record for each. */
public sealed interface Frame {

    /** The id of a request; empty if the frame is not a request. */
    default OptionalLong id() {
        return OptionalLong.empty();
    }

    /**
     * The first frame of a client, except plain clients.
     *
     * @param version protocol version of the client
     * @param resume  the line to be resumed
     * @param tabs    the tabs now on the line
     * @param proven  the tab ids that belong to the secrets that it names
     * @param topics  the topics to join, each with the position after which messages are wanted; empty: from now on
     * @param token   for the application's verifier
     * @param binary  whether the client accepts binary messages, which are text in UTF-8
     */
    record Hello(long version, Optional<Resume> resume, List<String> tabs, Set<String> proven, Map<String, Optional<Position>> topics, Optional<String> token,
                 boolean binary) implements Frame {

        public Hello {
            tabs = List.copyOf(tabs);
            proven = Set.copyOf(proven);
            topics = Collections.unmodifiableMap(new LinkedHashMap<>(topics));
        }

        /** For a new line, without anything that the client may also send after {@code $welcome}. */
        public static Hello bare(long version) {
            return new Hello(version, Optional.empty(), List.of(), Set.of(), Map.of(), Optional.empty(), true);
        }

        /** The token is a secret, which the generated method would reveal in logs. */
        @Override
        public String toString() {
            return "Hello[version=" + version + ", resume=" + resume + ", tabs=" + tabs + ", topics=" + topics + "]";
        }
    }

    /**
     * A line that a client wants to resume.
     *
     * @param key   proves that the line is the client's
     * @param inbox the offset up to which the client has received the inbox
     */
    record Resume(String line, String key, long inbox) {

        /** The key is a secret, which the generated method would reveal in logs. */
        @Override
        public String toString() {
            return "Resume[line=" + line + ", inbox=" + inbox + "]";
        }
    }

    /**
     * A message to the application.
     *
     * @param type     absent in messages without a type, as in the post
     * @param from     the tab that sent it
     * @param id       present if it is a request
     * @param value    unmodified JSON; absent if there is none
     * @param envelope the inner object of the post's {@code data} envelope, unmodified; its members are part of the answer
     */
    record Message(Optional<String> type, String from, OptionalLong id, Optional<String> value, Optional<String> envelope) implements Frame {
    }

    /**
     * A tab was opened, closed, hidden or shown.
     *
     * @param proven whether the tab id belongs to the secret that the frame names
     */
    record Tab(String from, State state, boolean proven) implements Frame {

        public enum State { OPEN, HIDDEN, VISIBLE, GONE }
    }

    /** @param from the tab that gets the reply; absent for a frame of the worker itself */
    record Join(String topic, Optional<Position> at, Optional<String> from, OptionalLong id) implements Frame {
    }

    /** @param from the tab that gets the reply; absent for a frame of the worker itself */
    record Leave(String topic, Optional<String> from, OptionalLong id) implements Frame {
    }

    /** @param key makes the publish idempotent */
    record Publish(String topic, String from, OptionalLong id, String value, Optional<String> key) implements Frame {
    }

    /**
     * The answer to a question of the application.
     *
     * @param re    the question's id
     * @param id    present if the client wants to know that it was received
     * @param value unmodified JSON; absent if there is none
     * @param error present if the page has no value
     */
    record Answer(String from, long re, OptionalLong id, Optional<String> value, Optional<AnswerError> error) implements Frame {
    }

    /** Why a page has no value. */
    record AnswerError(String code, String message, boolean retryable) {
    }

    /**
     * @param chars characters processed on this socket
     * @param inbox the offset up to which the client has received the inbox
     */
    record Ack(long chars, long inbox) implements Frame {
    }

    record Ping() implements Frame {
    }

    record Pong() implements Frame {
    }

    /** Replaces the token of the line. */
    record Token(String token) implements Frame {

        @Override
        public String toString() {
            return "Token[]";
        }
    }

    /** The last tab was closed: ends the line. */
    record Bye() implements Frame {
    }
}
