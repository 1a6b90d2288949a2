package dev.partyline.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** Reads and compares the API key of a request. */
final class BearerAuth {

    private static final String SCHEME = "Bearer ";

    private BearerAuth() {
    }

    /** The header that contains the key. */
    static String of(String key) {
        return SCHEME + key;
    }

    /** Whether the header contains a key, right or wrong. */
    static boolean hasKey(String authorization) {
        return authorization != null && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length()) && !given(authorization).isEmpty();
    }

    /**
     * Compares in constant time, so that the duration reveals nothing of the key.
     *
     * @param authorization a header that contains a key
     */
    static boolean isKey(String key, String authorization) {
        return MessageDigest.isEqual(key.getBytes(StandardCharsets.UTF_8), given(authorization).getBytes(StandardCharsets.UTF_8));
    }

    private static String given(String authorization) {
        return authorization.substring(SCHEME.length()).strip();
    }
}
