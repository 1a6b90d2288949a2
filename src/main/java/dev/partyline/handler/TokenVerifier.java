package dev.partyline.handler;

import java.time.Instant;
import java.util.Optional;

/** Tells whose a token is. Asked on the thread that brought it. */
@FunctionalInterface
public interface TokenVerifier {

    /**
     * @param user    stands for this user, in {@code Call.user()} and {@code toUser}
     * @param expires when a new token is needed; empty for never
     */
    record Identity(String user, Optional<Instant> expires) {
    }

    /** @return empty if the token is not good, which closes the socket with 4501 */
    Optional<Identity> verify(String token);
}
