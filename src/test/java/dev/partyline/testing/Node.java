package dev.partyline.testing;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.microsoft.playwright.impl.driver.Driver;

/**
 * A Node.js to run JavaScript tests and Playwright with: the one on the {@code PATH} if it is new enough, else the one that
 * Playwright brings along, so that a machine with nothing but a JDK and Maven runs them too. The build puts Playwright's on
 * the class path, 200 MB for five systems, only where the {@code PATH} has none: see {@code node.found} in pom.xml.
 */
public final class Node {

    private static final int OLDEST = 20;

    private final Path executable;

    private Node(Path executable) {
        this.executable = executable;
    }

    public static Node find() {
        return new Node(onPath().orElseGet(Node::insidePlaywright));
    }

    /** What a program said, standard error among standard output, and how it ended. */
    public record Outcome(int code, List<String> lines) {
        public String text() {
            return String.join(System.lineSeparator(), lines);
        }
    }

    /** Runs Node with these arguments in the current folder, to its end. */
    public Outcome run(List<String> arguments) {
        return run(arguments, Map.of());
    }

    /** The same with these environment variables, besides those of this process. */
    public Outcome run(List<String> arguments, Map<String, String> environment) {
        return run(executable, arguments, environment);
    }

    /** Runs the npm on the {@code PATH}; where there is none, as beside Playwright's Node, nothing. */
    public static Optional<Outcome> npm(List<String> arguments) {
        return onPath("npm", "npm.cmd").findFirst().map(npm -> run(npm, arguments, Map.of()));
    }

    /** The one on the {@code PATH}, if it is new enough. */
    public static Optional<Path> onPath() {
        return onPath("node", "node.exe").filter(node -> version(node) >= OLDEST).findFirst();
    }

    private static Stream<Path> onPath(String... names) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .flatMap(folder -> Stream.of(names).map(name -> Path.of(folder, name)))
                .filter(Files::isExecutable);
    }

    private static int version(Path node) {
        String said = run(node, List.of("--version"), Map.of()).text().strip();
        return said.matches("v\\d+\\..*") ? Integer.parseInt(said.substring(1, said.indexOf('.'))) : 0;
    }

    private static Path insidePlaywright() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        return Path.of(Driver.ensureDriverInstalled(environment, false).createProcessBuilder().command().get(0));
    }

    private static Outcome run(Path program, List<String> arguments, Map<String, String> environment) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(arguments);
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().putAll(environment);
            Process process = builder.start();
            process.getOutputStream().close();
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                List<String> lines = reader.lines().collect(Collectors.toList());
                return new Outcome(process.waitFor(), lines);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + program + " ran", e);
        }
    }
}
