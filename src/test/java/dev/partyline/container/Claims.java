package dev.partyline.container;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/** Notes for each claim whether it held on this run's container, in a file for each container, so that the last run can lay them side by side. */
final class Claims implements TestWatcher {

    private static final Path FOLDER = Path.of("target", "claims");

    /** What became of a claim, as the table shows it. */
    static final String HELD = "yes";
    private static final String BROKEN = "NO";
    static final String LEFT_OUT = "-";

    static {
        // A claim of an earlier run says nothing about this one.
        if (container() != null) {
            try {
                Files.deleteIfExists(FOLDER.resolve(container()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The container that this run is for. */
    static String container() {
        return System.getProperty("container");
    }

    /** Whether the claims that take long are tried on the container of this run. */
    static boolean includeLong() {
        return includeLong(container());
    }

    private static boolean includeLong(String container) {
        List<String> named = List.of(System.getProperty("containers.long", "").split(","));
        return named.contains(container) || named.contains("all");
    }

    /** Whether a claim takes long, and is not tried on a container for that. */
    static boolean isLeftOutForTime(String container, String claim) {
        return !includeLong(container) && (claim.startsWith("DeploymentIT.") || claim.startsWith("LoginIT.expiredSession"));
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        note(context, HELD);
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        note(context, BROKEN);
    }

    @Override
    public void testAborted(ExtensionContext context, Throwable cause) {
        note(context, LEFT_OUT);
    }

    @Override
    public void testDisabled(ExtensionContext context, Optional<String> reason) {
        note(context, LEFT_OUT);
    }

    private static void note(ExtensionContext context, String outcome) {
        String claim = context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName();
        try {
            Files.createDirectories(FOLDER);
            Files.writeString(FOLDER.resolve(container()), claim + "\t" + outcome + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What was noted for one container; the latest word on a claim counts. */
    static Map<String, String> of(String container) {
        Map<String, String> claims = new LinkedHashMap<>();
        try (Stream<String> lines = Files.lines(FOLDER.resolve(container))) {
            lines.map(line -> line.split("\t")).forEach(line -> claims.put(line[0], line[1]));
        } catch (IOException e) {
            return Map.of();
        }
        return claims;
    }
}
