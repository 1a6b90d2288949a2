package dev.partyline.handler;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Authenticates a token. Runs on a thread of a bounded pool, so it may block. If it does not return within {@code partyline.handler.within}, its thread is interrupted, and the client's
 * connection is closed with 4006.
 */
@FunctionalInterface
public interface TokenVerifier {

    /**
     * @param user    the user's name, as in {@code Call.user()} and {@code toUser}
     * @param expires when a new token is required; empty for never
     * @param roles   all roles of the user, as in {@code Caller.isInRole}. Those of a user whom the container has authenticated do not count for the user of a token
     */
    record Identity(String user, Optional<Instant> expires, Set<String> roles) {

        public Identity {
            roles = Set.copyOf(roles);
        }

        /** A user without roles. */
        public Identity(String user, Optional<Instant> expires) {
            this(user, expires, Set.of());
        }
    }

    /**
     * Authenticates a token. If this throws, or leaves a transaction open, the token counts as invalid, and the failure is logged.
     *
     * @return empty for an invalid token, which closes the connection with 4501
     */
    Optional<Identity> verify(String token);
}
