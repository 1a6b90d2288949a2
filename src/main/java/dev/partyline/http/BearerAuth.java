package dev.partyline.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Checks the API key of a request. */
final class BearerAuth {

    private static final String SCHEME = "Bearer ";

    /** No key is set, the key is wrong or missing, or it is right. */
    enum Result { CLOSED, REJECTED, ALLOWED }

    private BearerAuth() {
    }

    /** The header that contains the key. */
    static String of(String key) {
        return SCHEME + key;
    }

    /** Compares in constant time, so that the duration reveals nothing of the key. */
    static Result check(String key, String authorization) {
        if (key.isEmpty()) {
            return Result.CLOSED;
        }
        boolean scheme = authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        byte[] given = (scheme ? authorization.substring(SCHEME.length()).strip() : "").getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(key.getBytes(StandardCharsets.UTF_8), given) ? Result.ALLOWED : Result.REJECTED;
    }
}
