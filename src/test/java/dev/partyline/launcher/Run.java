package dev.partyline.launcher;

import dev.partyline.testing.PlainClient;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** One run of {@code java -jar partyline.war} in a process of its own, with an environment of its own, and what it said. */
public final class Run implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 60;
    private static final Pattern AT = Pattern.compile("Partyline is at http://(\\S+):(\\d+)(\\S*)/ ");
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Path home;
    private final Process process;
    private final StringBuilder output = new StringBuilder();
    private final CompletableFuture<Matcher> started = new CompletableFuture<>();
    private final Thread reader = new Thread(this::listen, "run-ear");

    private Run(Map<String, String> environment, List<String> words) {
        this(List.of(), environment, words);
    }

    private Run(List<String> before, Map<String, String> environment, List<String> words) {
        try {
            home = Files.createTempDirectory("partyline-run-");
            List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-ea:dev.partyline...", "-Xmx128m", "-Djava.io.tmpdir=" + home));
            command.addAll(Stream.of(System.getProperty("test.jvm", "").split(" ")).filter(option -> !option.isEmpty()).toList());
            command.addAll(0, before);
            command.addAll(words);
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(name -> name.startsWith("PARTYLINE_") || name.startsWith("JAVA_") || name.startsWith("JDK_"));
            builder.environment().putAll(environment);
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        reader.start();
    }

    /** @param args before {@code -jar} those that begin with {@code -D}, after it the others */
    public static Run of(Map<String, String> environment, String... args) {
        List<String> words = new ArrayList<>(List.of("-jar", war()));
        for (String arg : args) {
            words.add(arg.startsWith("-D") ? 0 : words.size(), arg);
        }
        return new Run(environment, words);
    }

    /** With so many file descriptors and no more. */
    static Run withDescriptors(int count, String... properties) {
        List<String> words = new ArrayList<>(List.of(properties));
        words.addAll(List.of("-jar", war(), "--port", "0"));
        return new Run(List.of("sh", "-c", "ulimit -n " + count + " && exec \"$@\"", "sh"), Map.of(), words);
    }

    /** With a thread that takes all memory while {@link #write} says so. */
    static Run withMemoryHog(String... properties) {
        List<String> words = new ArrayList<>(List.of(properties));
        words.addAll(List.of("-cp", war() + File.pathSeparator + Path.of("target/test-classes").toAbsolutePath(), MemoryHog.class.getName(), "--port", "0"));
        return new Run(Map.of(), words);
    }

    /** The health check of a container. */
    static Run health(Map<String, String> environment, String... args) {
        List<String> words = new ArrayList<>(List.of("-cp", war(), "dev.partyline.launcher.HealthCheck"));
        words.addAll(List.of(args));
        return new Run(environment, words);
    }

    private static String war() {
        return Path.of(System.getProperty("war.file", "target/partyline.war")).toAbsolutePath().toString();
    }

    private void listen() {
        try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                synchronized (output) {
                    output.append(line).append('\n');
                }
                Matcher at = AT.matcher(line);
                if (at.find()) {
                    started.complete(at);
                }
            }
        } catch (IOException e) {
            // It was killed.
        }
        started.completeExceptionally(new AssertionError("it ended before it had started: " + output()));
    }

    public String output() {
        synchronized (output) {
            return output.toString();
        }
    }

    private Matcher at() {
        return started.copy().orTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS).join();
    }

    /** Where it says that it is: host, port and context path. */
    String host() {
        return at().group(1);
    }

    public int port() {
        return Integer.parseInt(at().group(2));
    }

    public String context() {
        return at().group(3);
    }

    HttpResponse<String> get(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + context() + path)).timeout(Duration.ofSeconds(15));
        try {
            return HTTP.send((headers.length == 0 ? request : request.headers(headers)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The value of a metric without labels. */
    double metric(String name) {
        return get("/metrics").body().lines().filter(line -> line.startsWith(name + " ")).mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1))).findFirst().orElseThrow();
    }

    /** Writes to its standard input. */
    void write(char ascii) {
        try {
            process.getOutputStream().write(ascii);
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What comes back for these bytes, until it closes the connection. */
    String exchange(String request) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.setSoTimeout((int) Duration.ofSeconds(TIMEOUT_SECONDS).toMillis());
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    PlainClient line() {
        return new PlainClient(lineAddress());
    }

    public URI lineAddress() {
        return URI.create("ws://127.0.0.1:" + port() + context() + "/line");
    }

    /** Asks it to end, as Ctrl-C and container engines do. */
    public Run terminate() {
        // Not by the process itself, which would stop listening to it.
        process.toHandle().destroy();
        return this;
    }

    /** Has it stand still for so long, as a virtual machine does that is moved from one host to the next, and go on. */
    void standStill(Duration time) {
        standStill(time, () -> { });
    }

    /** @param meanwhile what others do once it stands still */
    void standStill(Duration time, Runnable meanwhile) {
        shell("kill -STOP $0", "" + process.pid());
        meanwhile.run();
        shell("sleep $1 && kill -CONT $0", "" + process.pid(), "" + time.toMillis() / 1e3);
    }

    private static void shell(String script, String... args) {
        try {
            List<String> command = new ArrayList<>(List.of("sh", "-c", script));
            command.addAll(List.of(args));
            int code = new ProcessBuilder(command).start().waitFor();
            if (code != 0) {
                throw new AssertionError("the process could not be stopped");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The code that it ends with, once it has said its last word. */
    public int exitCode() {
        try {
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new AssertionError("it does not end: " + output());
            }
            reader.join();
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What it has put on the disk and not taken away. */
    List<Path> leftovers() {
        try (var files = Files.list(home)) {
            return files.filter(file -> !file.getFileName().toString().startsWith("hsperfdata")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            process.destroyForcibly().waitFor();
            try (Stream<Path> files = Files.walk(home)) {
                files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
