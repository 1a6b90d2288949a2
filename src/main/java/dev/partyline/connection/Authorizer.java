package dev.partyline.connection;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.handler.TokenVerifier.Identity;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Asks the application's {@link TokenVerifier} who a client is, and its {@link AccessPolicy} what the client may do.
 *
 * <p>If the application throws, the answer is no: the failure is logged, and the client cannot tell it from a refusal. The application may block, so
 * this is never called by an event loop. Any other thread may call.
 */
final class Authorizer {

    private static final System.Logger LOG = System.getLogger(Authorizer.class.getName());

    private final Supplier<AccessPolicy> policy;
    private final Supplier<Optional<TokenVerifier>> verifier;

    /** Both are asked for at each use, since the application may set them at any time. */
    Authorizer(Supplier<AccessPolicy> policy, Supplier<Optional<TokenVerifier>> verifier) {
        this.policy = policy;
        this.verifier = verifier;
    }

    /** Without a verifier, tokens are ignored. */
    boolean verifiesTokens() {
        return verifier.get().isPresent();
    }

    Optional<Identity> verify(String token) {
        try {
            return verifier.get().flatMap(known -> known.verify(token));
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.WARNING, "the token verifier failed; the token counts as invalid", e);
            return Optional.empty();
        }
    }

    boolean maySend(Caller caller, String type) {
        try {
            return policy.get().maySend(caller, type);
        } catch (RuntimeException | Error e) {
            return denyAfter(e);
        }
    }

    boolean mayJoin(Caller caller, String topic) {
        try {
            return policy.get().mayJoin(caller, topic);
        } catch (RuntimeException | Error e) {
            return denyAfter(e);
        }
    }

    boolean mayPublish(Caller caller, String topic) {
        try {
            return policy.get().mayPublish(caller, topic);
        } catch (RuntimeException | Error e) {
            return denyAfter(e);
        }
    }

    private static boolean denyAfter(Throwable failure) {
        LOG.log(System.Logger.Level.WARNING, "the access policy failed; the client is denied", failure);
        return false;
    }
}
