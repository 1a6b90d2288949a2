package dev.partyline.browser;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Notes what became of each case in each engine. Browsers run in several processes side by side, each with a file of its
 * own; {@link ResultTableIT} lays them together.
 */
final class Outcomes implements TestWatcher, BeforeTestExecutionCallback, AfterTestExecutionCallback {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(Outcomes.class);
    /** Emptied by the build before the first browser starts. */
    private static final Path FOLDER = Path.of("target", "browser-outcomes");

    /** What the table calls a case. */
    static String nameOf(Class<?> type, Method method) {
        return type.getSimpleName() + "." + method.getName();
    }

    /** The outcomes so far: by case, then by column. */
    static Map<String, Map<String, String>> all() {
        Map<String, Map<String, String>> cases = new TreeMap<>();
        try (Stream<Path> files = Files.list(FOLDER)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                for (String line : Files.readAllLines(file)) {
                    List<String> words = List.of(line.split("\t"));
                    cases.computeIfAbsent(words.get(0), name -> new TreeMap<>()).put(words.get(1), words.get(2));
                }
            }
        } catch (NoSuchFileException none) {
            return Map.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cases;
    }

    @Override
    public void beforeTestExecution(ExtensionContext context) {
        context.getStore(NAMESPACE).put("began", System.nanoTime());
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        context.getStore(NAMESPACE).put("took", System.nanoTime() - context.getStore(NAMESPACE).get("began", Long.class));
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        note(context, String.format("%.1f s", context.getStore(NAMESPACE).get("took", Long.class) / 1e9));
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        note(context, "FAILED");
    }

    @Override
    public void testAborted(ExtensionContext context, Throwable cause) {
        note(context, "aborted");
    }

    private static void note(ExtensionContext context, String outcome) {
        String line = String.join("\t", nameOf(context.getRequiredTestClass(), context.getRequiredTestMethod()), context.getDisplayName(), outcome);
        try {
            Files.createDirectories(FOLDER);
            Files.writeString(FOLDER.resolve(String.valueOf(ProcessHandle.current().pid())), line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
