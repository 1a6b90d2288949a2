package dev.partyline.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * One claim about many random lists: of steps that something takes, of pieces that a text is made of.
 *
 * <p>A list that breaks the claim is shown when nothing more can be left out of it, with the seed that makes it again: {@code -Dpartyline.seed}.
 */
public final class RandomCases {

    private static final long SEED = Long.getLong("partyline.seed", System.nanoTime());

    private RandomCases() {
    }

    public static <T> void everyOneOf(int tries, Function<Random, List<T>> maker, Consumer<List<T>> claim) {
        for (int i = 0; i < tries; i++) {
            List<T> list = maker.apply(new Random(SEED + i));
            if (broken(claim, list) != null) {
                List<T> least = least(claim, list);
                throw new AssertionError("try " + i + " of partyline.seed=" + SEED + " fails, and so does its part " + least, broken(claim, least));
            }
        }
    }

    /** A list of up to so many, of any length as likely as any other. */
    public static <T> List<T> upTo(int most, Random random, Function<Random, T> element) {
        return Stream.generate(() -> element.apply(random)).limit(random.nextInt(most + 1)).toList();
    }

    @SafeVarargs
    public static <T> T oneOf(Random random, T... things) {
        return things[random.nextInt(things.length)];
    }

    private static <T> List<T> least(Consumer<List<T>> claim, List<T> list) {
        for (int i = 0; i < list.size(); i++) {
            List<T> shorter = new ArrayList<>(list);
            shorter.remove(i);
            if (broken(claim, shorter) != null) {
                return least(claim, shorter);
            }
        }
        return list;
    }

    /** What breaks the claim, or null. */
    private static <T> Throwable broken(Consumer<List<T>> claim, List<T> list) {
        try {
            claim.accept(list);
            return null;
        } catch (RuntimeException | Error e) {
            return e;
        }
    }
}
