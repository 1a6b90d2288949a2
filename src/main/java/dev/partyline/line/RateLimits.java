package dev.partyline.line;

/**
 * How fast one line may send.
 *
 * @param perSecond      messages a second on average
 * @param burst          messages at once
 * @param charsPerSecond characters a second on average
 * @param charsBurst     characters at once
 */
public record RateLimits(int perSecond, int burst, int charsPerSecond, int charsBurst) {

    public RateLimits {
        if (perSecond < 1 || burst < 1 || charsPerSecond < 1 || charsBurst < 1) {
            throw new IllegalArgumentException("perSecond is " + perSecond + ", burst is " + burst + ", charsPerSecond is " + charsPerSecond + " and charsBurst is " + charsBurst
                + ", each must be positive");
        }
    }
}
