package dev.partyline.testing;

/** What a run of the integration tests was asked for. */
public final class TestRun {

    private TestRun() {
    }

    /** Whether all tests were asked for, and not the classes that failsafe's own property names, or tags. */
    public static boolean isOfAllTests() {
        return System.getProperty("it.test") == null && System.getProperty("it.groups", "").isEmpty();
    }
}
