package dev.partyline.bench;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A contestant's process, and what the system tells about it. */
final class ServerProcess implements AutoCloseable {

    private static final Duration START_WITHIN = Duration.ofSeconds(60);
    private static final Path HERE = Path.of("").toAbsolutePath();
    private static final Pattern HEAP_TOTAL = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");
    private static final Pattern COLLECTOR = Pattern.compile("-XX:\\+Use(\\w+GC)\\b");
    private static final double KILO = 1024;

    private final Process process;
    private final boolean jvm;
    private final int port;

    private ServerProcess(Process process, boolean jvm, int port) {
        this.process = process;
        this.jvm = jvm;
        this.port = port;
    }

    /**
     * Starts a contestant and waits until it can be reached.
     *
     * @param cpu the one processor it may use; all of them where there is none
     */
    static ServerProcess start(BenchServer benchServer, Path folder, int port, Optional<Integer> cpu, List<String> javaFlags) throws IOException {
        List<String> command = new ArrayList<>();
        cpu.ifPresent(one -> command.addAll(List.of("taskset", "-c", "" + one)));
        command.addAll(benchServer.command(folder, port, javaFlags));
        Path log = folder.resolve(benchServer.key() + ".log");
        ServerProcess server = new ServerProcess(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start(), benchServer.isJvm(), port);
        long give = System.nanoTime() + START_WITHIN.toNanos();
        while (!server.answers()) {
            if (!server.process.isAlive() || System.nanoTime() - give > 0) {
                server.close();
                throw new IllegalStateException(benchServer.title + " did not start, see " + log);
            }
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
        return server;
    }

    InetSocketAddress address() {
        return new InetSocketAddress("127.0.0.1", port);
    }

    /** CPU time of all its threads, and of those it has started. */
    Duration cpu() {
        return processes().map(each -> each.info().totalCpuDuration().orElse(Duration.ZERO)).reduce(Duration.ZERO, Duration::plus);
    }

    /** Resident memory in KB. */
    double rssKb() throws IOException, InterruptedException {
        double sum = 0;
        for (ProcessHandle each : processes().toList()) {
            sum += rssKb(each.pid());
        }
        return sum;
    }

    /** Memory in KB that is still in use after a full collection, and none where it is no JVM. Makes the JVM give back what it can. */
    Optional<Double> heapKb() throws InterruptedException {
        if (!jvm) {
            return Optional.empty();
        }
        Matcher total = HEAP_TOTAL.matcher(jcmd("GC.class_histogram"));
        Optional<Double> last = Optional.empty();
        while (total.find()) {
            last = Optional.of(Long.parseLong(total.group(1)) / KILO);
        }
        return last;
    }

    /** The garbage collector that a JVM has chosen or was given. */
    Optional<String> collector() throws InterruptedException {
        Matcher flag = COLLECTOR.matcher(jvm ? jcmd("VM.flags") : "");
        return flag.find() ? Optional.of(flag.group(1)) : Optional.empty();
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(address());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private Stream<ProcessHandle> processes() {
        return Stream.concat(Stream.of(process.toHandle()), process.descendants());
    }

    private String jcmd(String question) throws InterruptedException {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        return Shell.output(HERE, jcmd, "" + process.pid(), question).orElse("");
    }

    private static double rssKb(long pid) throws IOException, InterruptedException {
        Path status = Path.of("/proc/" + pid + "/status");
        if (!Files.exists(status)) {
            return Shell.output(HERE, "ps", "-o", "rss=", "-p", "" + pid).map(Double::parseDouble).orElse(Double.NaN);
        }
        return Files.readAllLines(status).stream().filter(line -> line.startsWith("VmRSS:")).mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", ""))).sum();
    }
}
