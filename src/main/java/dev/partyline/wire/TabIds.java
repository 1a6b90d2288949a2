package dev.partyline.wire;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The ids of tabs. A client that knows the id of a tab must neither become that tab nor be sent what is meant for it.
 *
 * <p>So a browser derives the id of a tab from a secret, and names the secret when it opens the tab. The server can check it without remembering anything: also after the
 * line of the tab has ended, after a restart and on another node. And the {@code from} of a topic's message is not the id of the publisher's tab but a name that is derived
 * from the id, to which no message can be addressed. Both are hashes, from which the original cannot be computed.
 */
public final class TabIds {

    private static final String DERIVED = "t_";
    /** Not allowed in a tab id. */
    private static final String NAME = "~";
    private static final int HASH_BYTES = 12;
    private static final int HASH_CHARS = 16;

    private TabIds() {
    }

    /** The tab id that belongs to a secret. */
    public static String derive(String secret) {
        return DERIVED + hash(secret);
    }

    /** Whether an id has the form of one that belongs to a secret. */
    public static boolean isDerived(String id) {
        return id.length() == DERIVED.length() + HASH_CHARS && id.startsWith(DERIVED);
    }

    /** What others learn of a tab: the {@code from} of the messages that it publishes. */
    public static String publicName(String id) {
        return NAME + hash(id);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(Arrays.copyOf(digest, HASH_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
