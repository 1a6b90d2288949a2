package dev.partyline.testing;

import java.time.Duration;
import java.util.Random;

/**
 * How long the fuzzers run, and with which random numbers: {@code -Dfuzz.seconds} and {@code -Dpartyline.seed}.
 *
 * <p>A seed repeats what each client does. Which of them is first, the threads decide: a failure may need several runs with its seed.
 */
public final class Fuzzing {

    private static final long SEED = Long.getLong("partyline.seed", System.nanoTime());
    private static final Duration DURATION = Duration.ofSeconds(Integer.getInteger("fuzz.seconds", 20));

    private final String name;

    /** What may fail. */
    @FunctionalInterface
    public interface Attempt {
        void run() throws Exception;
    }

    /** @param test whose seed is printed */
    public Fuzzing(Class<?> test) {
        name = test.getSimpleName() + ": partyline.seed=" + SEED + ", fuzz.seconds=" + DURATION.toSeconds();
        System.out.println(name);
    }

    public Duration duration() {
        return DURATION;
    }

    /** The random numbers of one client. */
    public static Random random(int client) {
        return new Random(SEED + client);
    }

    /** Runs a test, so that what fails names the seed. */
    public void run(Attempt test) {
        try {
            test.run();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(name + " failed: " + e.getMessage(), e);
        }
    }
}
