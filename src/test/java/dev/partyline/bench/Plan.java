package dev.partyline.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How much is measured. The defaults take five to seven minutes; figures to be quoted want {@code --warm 60}: a JVM on one processor
 * compiles beside the load for a minute.
 *
 * @param warm    before each measurement that has to do with speed
 * @param measure of each
 * @param java    flags for the servers that are JVMs
 */
record Plan(List<Workload> workloads, List<BenchServer> benchServers, int rounds, int lines, int idleLines, int users, int tabs, int stormLines, Duration warm, Duration measure,
            List<String> java, boolean pinned) {

    static final String USAGE = """
        Measures Partyline beside what one would write or take instead, each server in a process of its own.

          --only fan-out,echo,non-blocking-echo,idle,users,slow-reader,storm   which works (all)
          --of partyline,naive,ws,socket-io                             which servers (all that can run here)
          --rounds 1       how often; figures are medians
          --warm 5         seconds before measuring
          --seconds 3      seconds of each measurement
          --lines 1000     of the fan-out
          --idle 2000      lines that say nothing
          --users 200      users, each with
          --tabs 15        tabs
          --storm 2000     lines that drop and return at once
          --java FLAGS     flags of the servers' JVMs, such as -XX:+UseParallelGC
          --pin yes        server and generator on a processor each, where there are two and taskset is there""";

    static Plan of(String... arguments) {
        Flags flags = new Flags(arguments);
        Plan plan = new Plan(
            flags.take("--only").map(names -> split(names).map(Workload::named).toList()).orElse(List.of(Workload.values())),
            flags.take("--of").map(names -> split(names).map(BenchServer::named).toList()).orElse(List.of(BenchServer.values())),
            flags.number("--rounds", 1), flags.number("--lines", 1000), flags.number("--idle", 2000), flags.number("--users", 200), flags.number("--tabs", 15),
            flags.number("--storm", 2000), Duration.ofSeconds(flags.number("--warm", 5)), Duration.ofSeconds(flags.number("--seconds", 3)),
            flags.take("--java").map(text -> Stream.of(text.split(" ")).toList()).orElse(List.of()), flags.take("--pin").orElse("yes").equals("yes"));
        flags.end();
        return plan;
    }

    /** How it measures, in words. */
    String how() {
        return "%d s warm-up, %d s, rounds: %d".formatted(warm.toSeconds(), measure.toSeconds(), rounds) + (java.isEmpty() ? "" : ", " + String.join(" ", java));
    }

    private static Stream<String> split(String names) {
        return Stream.of(names.split(","));
    }

    /** What is left of the command line. */
    private static final class Flags {

        private final List<String> rest;

        Flags(String[] arguments) {
            rest = new ArrayList<>(List.of(arguments));
        }

        Optional<String> take(String flag) {
            int at = rest.indexOf(flag);
            if (at < 0) {
                return Optional.empty();
            }
            if (at + 1 == rest.size()) {
                throw new IllegalArgumentException(flag + " needs a value");
            }
            rest.remove(at);
            return Optional.of(rest.remove(at));
        }

        int number(String flag, int standard) {
            return take(flag).map(text -> {
                if (!text.matches("[1-9]\\d{0,8}")) {
                    throw new IllegalArgumentException(flag + " is \"" + text + "\", must be a whole number from 1");
                }
                return Integer.parseInt(text);
            }).orElse(standard);
        }

        void end() {
            if (!rest.isEmpty()) {
                throw new IllegalArgumentException("unknown option " + rest.stream().collect(Collectors.joining(" ")));
            }
        }
    }
}
