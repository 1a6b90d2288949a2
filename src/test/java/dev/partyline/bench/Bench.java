package dev.partyline.bench;

import dev.partyline.testing.PartylineServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Partyline beside a naive endpoint on the same Tomcat, and beside {@code ws} and socket.io where Node is: {@code mvn -Pbench verify}, and then, without building anew,
 * {@code mvn -q -Pbench exec:exec@bench -Dbench="--only echo --warm 25"}. See {@link Plan#USAGE}.
 *
 * <p>It prints a table, and adds what it found to {@code target/bench/results.json}, of which {@code target/bench/chart.svg} is drawn. It fails where a message is lost
 * and never because a machine is slow.
 */
public final class Bench {

    private static final Path FOLDER = Path.of("target", "bench").toAbsolutePath();
    private static final int SERVER_CPU = 0;
    private static final int GENERATOR_CPU = 1;

    private final Plan plan;
    private final Optional<Integer> serverCpu;
    /** The garbage collectors that were seen at work. */
    private final Set<String> collectors = new TreeSet<>();

    private Bench(Plan plan, Optional<Integer> serverCpu) {
        this.plan = plan;
        this.serverCpu = serverCpu;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        Plan plan;
        try {
            plan = Plan.of(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n" + Plan.USAGE);
            System.exit(2);
            return;
        }
        new Bench(plan, plan.pinned() && pinsGenerator() ? Optional.of(SERVER_CPU) : Optional.empty()).run();
    }

    /** Gives this process a processor of its own, so that no server's threads wait for it. */
    private static boolean pinsGenerator() throws InterruptedException {
        return Runtime.getRuntime().availableProcessors() > 1
            && Shell.runs(FOLDER.getRoot(), "taskset", "-a", "-c", "-p", "" + GENERATOR_CPU, "" + ProcessHandle.current().pid());
    }

    private void run() throws IOException, InterruptedException {
        Results results = Results.in(FOLDER);
        List<BenchServer> present = new ArrayList<>();
        for (BenchServer benchServer : plan.benchServers()) {
            benchServer.prepare(FOLDER).ifPresentOrElse(reason -> System.out.println(benchServer.title + " does not take part: " + reason), () -> present.add(benchServer));
        }
        Machine machine = Machine.here(FOLDER, serverCpu.isPresent());
        System.out.println(machine.text());
        List<String> failures = new ArrayList<>();
        for (Workload workload : plan.workloads()) {
            Map<BenchServer, List<Map<Figure, Object>>> rounds = new EnumMap<>(BenchServer.class);
            for (int round = 0; round < plan.rounds(); round++) {
                for (BenchServer benchServer : present) {
                    if (workload.isFor(benchServer)) {
                        try {
                            rounds.computeIfAbsent(benchServer, each -> new ArrayList<>()).add(measure(workload, benchServer));
                        } catch (IllegalStateException e) {
                            failures.add(workload.key() + ": " + e.getMessage());
                        }
                    }
                }
            }
            results.add(workload, workload.title(plan), plan.how() + collectors.stream().map(", "::concat).collect(Collectors.joining()), machine, rounds);
            System.out.println(results.table(workload));
        }
        System.out.println("Written: " + results.write());
        if (!failures.isEmpty()) {
            System.err.println(String.join("\n", failures));
            System.exit(1);
        }
    }

    private Map<Figure, Object> measure(Workload workload, BenchServer benchServer) throws IOException, InterruptedException {
        try (ServerProcess server = ServerProcess.start(benchServer, FOLDER, PartylineServer.freePort(), serverCpu, plan.java());
             Load load = new Load(server, benchServer)) {
            server.collector().ifPresent(collectors::add);
            return workload.run(load, server, plan);
        }
    }
}
