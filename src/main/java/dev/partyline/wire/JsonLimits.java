package dev.partyline.wire;

/**
 * Limits for JSON from clients, in addition to the size of a message.
 *
 * @param depth       levels of nesting
 * @param numberChars characters of one number; converting a number of a million digits takes seconds
 * @param members     members of all objects of a frame
 */
public record JsonLimits(int depth, int numberChars, int members) {

    /** Enough for a frame and an object in it. */
    public static final int SHALLOWEST = 2;
    /** The nesting is stored in the bits of a {@code long}. */
    public static final int DEEPEST = 64;

    public JsonLimits {
        if (depth < SHALLOWEST || depth > DEEPEST) {
            throw new IllegalArgumentException("depth is " + depth + ", must be " + SHALLOWEST + " to " + DEEPEST);
        }
        if (numberChars < 1 || members < 1) {
            throw new IllegalArgumentException("numberChars is " + numberChars + " and members is " + members + ", both must be positive");
        }
    }
}
