package dev.partyline.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Whether a request carries the key that opens what is not for everyone. */
final class BearerAuth {

    private static final String SCHEME = "Bearer ";

    /** What comes of it: no key is set, the key is wrong or missing, or it is the right one. */
    enum Result { CLOSED, REJECTED, ALLOWED }

    private BearerAuth() {
    }

    /** The header that shows a key. */
    static String of(String key) {
        return SCHEME + key;
    }

    /** In constant time, so that the key cannot be guessed by a stopwatch. */
    static Result check(String key, String authorization) {
        if (key.isEmpty()) {
            return Result.CLOSED;
        }
        boolean scheme = authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        byte[] given = (scheme ? authorization.substring(SCHEME.length()).strip() : "").getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(key.getBytes(StandardCharsets.UTF_8), given) ? Result.ALLOWED : Result.REJECTED;
    }
}
