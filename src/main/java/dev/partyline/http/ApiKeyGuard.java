package dev.partyline.http;

import dev.partyline.connection.TrustedProxies;
import dev.partyline.line.AddressShare;
import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.stats.LogThrottle;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;

/**
 * Checks the API key, for the HTTP API, the metrics and the status page alike, and limits guesses: an address from which too many wrong keys came in a minute is refused until
 * that minute is over, also with the right key.
 *
 * <p>There is one for each application. Any thread may call.
 */
public final class ApiKeyGuard {

    private static final System.Logger LOG = System.getLogger(ApiKeyGuard.class.getName());
    private static final String ATTRIBUTE = ApiKeyGuard.class.getName();
    private static final long WINDOW_NANOS = Duration.ofMinutes(1).toNanos();
    /** Of which the guesses are remembered. */
    private static final int MAX_ADDRESSES = 10_000;

    /** No key is set; the key is missing or wrong; too many guesses came from the address; the key is right. */
    enum Result { CLOSED, REJECTED, BLOCKED, ALLOWED }

    private final String key;
    private final int maxGuesses;
    private final TrustedProxies proxies;
    private final Counters counters;
    private final LongSupplier nanoTime;
    private final LogThrottle wrongKeys = new LogThrottle();
    /** By address, the oldest first. */
    private final Map<String, Guesses> guesses = new LinkedHashMap<>();

    private static final class Guesses {
        private final long since;
        private int count;

        private Guesses(long since) {
            this.since = since;
        }
    }

    /** @param key empty if none is set */
    public ApiKeyGuard(String key, int maxGuesses, TrustedProxies proxies, Counters counters, LongSupplier nanoTime) {
        this.key = key;
        this.maxGuesses = maxGuesses;
        this.proxies = proxies;
        this.counters = counters;
        this.nanoTime = nanoTime;
    }

    public void install(ServletContext context) {
        context.setAttribute(ATTRIBUTE, this);
    }

    static ApiKeyGuard of(ServletContext context) {
        return (ApiKeyGuard) context.getAttribute(ATTRIBUTE);
    }

    Result check(HttpServletRequest request) {
        return check(request.getHeader("Authorization"), shareOf(request));
    }

    /** The client's share of the limits of an address. */
    String shareOf(HttpServletRequest request) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        Collections.list(request.getHeaderNames()).forEach(name -> headers.put(name, Collections.list(request.getHeaders(name))));
        return AddressShare.of(proxies.route(Optional.ofNullable(request.getRemoteAddr()), headers).client().orElse("an unknown address"));
    }

    /**
     * @param authorization the header of this name; null if there is none
     * @param share         of the client's address, see {@link AddressShare}
     */
    Result check(String authorization, String share) {
        if (key.isEmpty()) {
            return Result.CLOSED;
        }
        if (!BearerAuth.hasKey(authorization)) {
            return Result.REJECTED;
        }
        boolean right = BearerAuth.isKey(key, authorization);
        synchronized (guesses) {
            Guesses earlier = current(share);
            if (earlier != null && earlier.count >= maxGuesses) {
                counters.hit(Limit.API_KEY_GUESSES, share);
                return Result.BLOCKED;
            }
            if (right) {
                return Result.ALLOWED;
            }
            count(share);
        }
        long wrong = wrongKeys.onEvent(nanoTime.getAsLong());
        if (wrong > 0) {
            LOG.log(System.Logger.Level.WARNING, "wrong API key from {0}; wrong keys since the last such message: {1}", share, wrong);
        }
        return Result.REJECTED;
    }

    /** The guesses of this minute; null if there are none. */
    private Guesses current(String share) {
        Guesses earlier = guesses.get(share);
        return earlier == null || nanoTime.getAsLong() - earlier.since >= WINDOW_NANOS ? null : earlier;
    }

    private void count(String share) {
        Guesses earlier = current(share);
        if (earlier == null) {
            guesses.remove(share);
            earlier = new Guesses(nanoTime.getAsLong());
            guesses.put(share, earlier);
            if (guesses.size() > MAX_ADDRESSES) {
                guesses.remove(guesses.keySet().iterator().next());
            }
        }
        earlier.count++;
    }
}
