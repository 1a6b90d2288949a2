package dev.partyline.connection;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.ApplicationPool;
import dev.partyline.handler.ApplicationPool.TimeLimitException;
import dev.partyline.handler.CallContext.OpenTransactionException;
import dev.partyline.handler.Caller;
import dev.partyline.handler.TokenVerifier;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.stats.LogThrottle;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Asks the application's {@link TokenVerifier} who a client is, and its {@link AccessPolicy} what the client may do.
 *
 * <p>If the application throws, or leaves a transaction open, the answer is no: the failure is logged, and the client cannot tell it from a refusal. The application may block, so it is asked by a
 * thread of the application's pools, unless its policy says that it never blocks.
 */
final class Authorizer {

    private static final System.Logger LOG = System.getLogger(Authorizer.class.getName());
    private static final String POLICY = "the access policy";
    private static final String VERIFIER = "the token verifier";

    private final Supplier<AccessPolicy> policy;
    private final Supplier<Optional<TokenVerifier>> verifier;
    private final ApplicationPool pool;
    private final LongSupplier nanoTime;
    /** Of each of the two: a client may cause a failure by every frame. */
    private final ConcurrentMap<String, LogThrottle> failures = new ConcurrentHashMap<>();

    /** The application did not answer within its time. */
    static final class TimeoutException extends RuntimeException {

        private static final long serialVersionUID = 1;

        private TimeoutException(TimeLimitException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /**
     * Policy and verifier are asked for at each use, since the application may set them at any time.
     *
     * @param pool whose threads it is called by
     */
    Authorizer(Supplier<AccessPolicy> policy, Supplier<Optional<TokenVerifier>> verifier, ApplicationPool pool, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.policy = policy;
        this.verifier = verifier;
        this.pool = pool;
    }

    /** Without a verifier, tokens are ignored. */
    boolean verifiesTokens() {
        return verifier.get().isPresent();
    }

    /** Whether the policy may be asked by the thread that reads a frame. */
    boolean isNonBlocking() {
        return policy.get().isNonBlocking();
    }

    /** @throws TimeoutException if the verifier did not answer in time */
    Optional<Identity> verify(String token) {
        Optional<TokenVerifier> known = verifier.get();
        return known.isEmpty() ? Optional.empty() : ask(VERIFIER, () -> known.get().verify(token), Optional.empty(), "the token counts as invalid");
    }

    /** @throws TimeoutException if the policy did not answer in time */
    boolean maySend(Caller caller, String type) {
        return ask(asked -> asked.maySend(caller, type));
    }

    /** @throws TimeoutException if the policy did not answer in time */
    boolean mayJoin(Caller caller, String topic) {
        return ask(asked -> asked.mayJoin(caller, topic));
    }

    /** @throws TimeoutException if the policy did not answer in time */
    boolean mayPublish(Caller caller, String topic) {
        return ask(asked -> asked.mayPublish(caller, topic));
    }

    private boolean ask(Predicate<AccessPolicy> question) {
        AccessPolicy asked = policy.get();
        // That of an application which has none: it needs no contexts of the application.
        return asked == AccessPolicy.CLOSED ? question.test(asked) : ask(POLICY, () -> question.test(asked), false, "the client is denied");
    }

    private <T> T ask(String whom, Callable<T> question, T otherwise, String effect) {
        try {
            return pool.call(whom, question);
        } catch (TimeLimitException e) {
            throw new TimeoutException(e);
        } catch (OpenTransactionException e) {
            LOG.log(System.Logger.Level.DEBUG, "{0}; {1}", e.getMessage(), effect);
            return otherwise;
        } catch (Exception | Error e) {
            long times = failures.computeIfAbsent(whom, name -> new LogThrottle()).onEvent(nanoTime.getAsLong());
            if (times > 0) {
                LOG.log(System.Logger.Level.WARNING, whom + " failed; " + effect + "; " + times + " times since the last message about it", e);
            }
            return otherwise;
        }
    }
}
