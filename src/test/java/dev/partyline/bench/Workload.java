package dev.partyline.bench;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the servers are given to do, each time on a server that was just started. */
enum Workload {

    FAN_OUT("one publisher, LINES lines") {
        @Override
        void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException {
            load.chars(SMALL);
            load.open(plan.lines(), OPEN_AT_ONCE);
            load.saturate(plan.warm());
            Load.Span saturated = load.measure(() -> load.saturate(plan.measure()));
            load.pace(SLOW_PACE, SECOND);
            Load.Span paced = load.measure(() -> load.pace(SLOW_PACE, plan.measure()));
            load.chars(BIG);
            load.saturate(plan.warm().dividedBy(3));
            Load.Span big = load.measure(() -> load.saturate(plan.measure()));
            figures.put(Figure.SATURATED_CPU, saturated.cpuMicrosPerMessage());
            figures.put(Figure.SATURATED_RATE, saturated.perSecond());
            figures.put(Figure.PACED_CPU, paced.cpuMicrosPerMessage());
            figures.put(Figure.PACED_P99, paced.p99Micros() / MICROS_PER_MILLI);
            figures.put(Figure.BIG_CPU, big.cpuMicrosPerMessage());
            figures.put(Figure.FAN_OUT_BUSY, saturated.busy() * PERCENT);
        }
    },

    ECHO("100 lines, each with a request under way; JSON-B or JSON.parse both ways; our handler may block") {
        @Override
        void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException {
            Load.Span span = echo(load, plan, BenchProtocol::echo);
            figures.put(Figure.ECHO_CPU, span.cpuMicrosPerMessage());
            figures.put(Figure.ECHO_RATE, span.perSecond());
            figures.put(Figure.ECHO_P99, span.p99Micros() / MICROS_PER_MILLI);
        }
    },

    NON_BLOCKING_ECHO("the same, by a handler that says it never blocks, as none of the others may") {
        @Override
        void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException {
            Load.Span span = echo(load, plan, BenchProtocol::nonBlockingEcho);
            figures.put(Figure.NON_BLOCKING_ECHO_CPU, span.cpuMicrosPerMessage());
            figures.put(Figure.NON_BLOCKING_ECHO_RATE, span.perSecond());
            figures.put(Figure.NON_BLOCKING_ECHO_P99, span.p99Micros() / MICROS_PER_MILLI);
        }

        @Override
        boolean isFor(BenchServer benchServer) {
            return benchServer == BenchServer.PARTYLINE;
        }
    },

    IDLE("IDLE lines that were used a little and say nothing") {
        @Override
        void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException {
            int lines = plan.idleLines();
            Growth growth = memory(load, server, plan, lines);
            figures.put(Figure.LINE_RSS, growth.rssKb() / lines);
            growth.heapKb().ifPresent(kb -> figures.put(Figure.LINE_HEAP, kb / lines));
            figures.put(Figure.CONNECT_CPU, growth.opening().cpuMicros() / lines);
        }
    },

    USERS("USERS users with TABS tabs each: one connection a tab, but one a user with us") {
        @Override
        void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException {
            int connections = plan.users() * (load.contestant().shares ? 1 : plan.tabs());
            Growth growth = memory(load, server, plan, connections);
            figures.put(Figure.USER_RSS, growth.rssKb() / plan.users());
            figures.put(Figure.USER_CPU, growth.publishing().cpuMicros() / PUBLISHES / MICROS_PER_MILLI * 1000 / plan.users());
            figures.put(Figure.USER_P50, growth.publishing().p50Micros() / MICROS_PER_MILLI);
            figures.put(Figure.CONNECTIONS, (double) connections);
        }
    },

    SLOW_READER("20 lines, one of which stops reading while 29 MB go by") {
        @Override
        void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException {
            load.chars(HUGE);
            load.open(20, OPEN_AT_ONCE, SMALL_RECEIVE_BUFFER);
            Client slow = load.client(load.lines() - 1);
            load.pace(FAST_PACE, SECOND.multipliedBy(3));
            Load.Span before = load.measure(() -> load.pace(FAST_PACE, SECOND.multipliedBy(2)));
            Optional<Double> heap = server.heapKb();
            double rss = server.rssKb();
            load.publishOnce();
            load.stopReading(slow);
            long[] published = {0};
            Load.Span meanwhile = load.measure(() -> published[0] = load.pace(FAST_PACE, STALL));
            figures.put(Figure.SLOW_RSS, (server.rssKb() - rss) / KILO);
            server.heapKb().ifPresent(kb -> figures.put(Figure.SLOW_HEAP, (kb - heap.orElseThrow()) / KILO));
            figures.put(Figure.OTHERS_BEFORE, before.p99Micros() / MICROS_PER_MILLI);
            figures.put(Figure.OTHERS_MEANWHILE, meanwhile.p99Micros() / MICROS_PER_MILLI);
            figures.put(Figure.OTHERS_HEARD, PERCENT * meanwhile.messages() / (published[0] * (load.lines() - 1)));
            figures.put(Figure.SLOW_FATE, fate(load, slow, published[0]));
        }
    },

    STORM("STORM lines drop in one moment and return in the next") {
        @Override
        void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException {
            load.open(plan.stormLines(), OPEN_AT_ONCE);
            for (long end = System.nanoTime() + plan.warm().toNanos(); System.nanoTime() < end;) {
                load.storm();
            }
            List<Load.Span> storms = new ArrayList<>();
            for (int i = 0; i < STORMS; i++) {
                load.idle(SECOND);
                storms.add(load.measure(load::storm));
            }
            figures.put(Figure.STORM_CPU, median(storms.stream().map(Load.Span::cpuMicros)) / MICROS_PER_MILLI * 1000 / plan.stormLines());
            figures.put(Figure.STORM_SECONDS, median(storms.stream().map(Load.Span::seconds)));
            figures.put(Figure.STORM_REFUSED, (double) load.onRejected());
            figures.put(Figure.STORM_RESUMED, PERCENT * load.resumed() / load.lines());
        }
    };

    private static final int SMALL = 100;
    private static final int BIG = 1000;
    private static final int HUGE = 4096;
    private static final int SLOW_PACE = 20;
    private static final int FAST_PACE = 1000;
    private static final int PUBLISHES = 10;
    private static final int STORMS = 5;
    private static final int ECHOING = 100;
    private static final int OPEN_AT_ONCE = 200;
    private static final int SMALL_RECEIVE_BUFFER = 16_384;
    private static final Duration SECOND = Duration.ofSeconds(1);
    /** 29 MB at {@link #FAST_PACE}. */
    private static final Duration STALL = Duration.ofMillis(7_250);
    private static final double PERCENT = 100;
    private static final double KILO = 1024;
    private static final double MICROS_PER_MILLI = 1000;

    private final String title;

    Workload(String title) {
        this.title = title;
    }

    static Workload named(String name) {
        return Stream.of(values()).filter(each -> each.key().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
            "no work \"" + name + "\", there are " + Stream.of(values()).map(Workload::key).collect(Collectors.joining(", "))));
    }

    /** The name on the command line and in the results. */
    String key() {
        return name().toLowerCase().replace('_', '-');
    }

    String title(Plan plan) {
        return title.replace("LINES", "" + plan.lines()).replace("IDLE", "" + plan.idleLines()).replace("USERS", "" + plan.users())
            .replace("TABS", "" + plan.tabs()).replace("STORM", "" + plan.stormLines());
    }

    /** Does it, and notes what came of it. */
    abstract void run(Load load, ServerProcess server, Plan plan, Map<Figure, Object> figures) throws IOException, InterruptedException;

    boolean isFor(BenchServer benchServer) {
        return true;
    }

    Map<Figure, Object> run(Load load, ServerProcess server, Plan plan) throws IOException, InterruptedException {
        Map<Figure, Object> figures = new EnumMap<>(Figure.class);
        run(load, server, plan, figures);
        return figures;
    }

    static double median(Stream<Double> values) {
        List<Double> sorted = values.sorted().toList();
        return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }

    private static Load.Span echo(Load load, Plan plan, BiFunction<BenchProtocol, String, String> question) throws IOException, InterruptedException {
        load.chars(SMALL);
        load.open(ECHOING, OPEN_AT_ONCE);
        load.echo(question, plan.warm());
        return load.measure(() -> load.echo(question, plan.measure()));
    }

    private record Growth(double rssKb, Optional<Double> heapKb, Load.Span opening, Load.Span publishing) {
    }

    /** What a number of lines costs a server that has been in use for a while, each of which has heard a few messages. */
    private static Growth memory(Load load, ServerProcess server, Plan plan, int lines) throws IOException, InterruptedException {
        load.chars(SMALL);
        load.open(OPEN_AT_ONCE, OPEN_AT_ONCE);
        load.saturate(plan.warm());
        load.dropAll();
        load.idle(SECOND);
        Optional<Double> heap = server.heapKb();
        double rss = server.rssKb();
        Load.Span opening = load.measure(() -> load.open(lines, OPEN_AT_ONCE));
        Load.Span publishing = load.measure(() -> {
            for (int i = 0; i < PUBLISHES; i++) {
                load.publishOnce();
            }
        });
        load.idle(SECOND.multipliedBy(2));
        Optional<Double> heapNow = server.heapKb();
        return new Growth(server.rssKb() - rss, heapNow.map(kb -> kb - heap.orElseThrow()), opening, publishing);
    }

    /** What the one that had stopped reading is told when it reads on. */
    private static String fate(Load load, Client slow, long published) throws IOException {
        slow.readOn();
        load.idle(SECOND.multipliedBy(3));
        if (slow.isOpen()) {
            boolean toldItsGap = slow.protocol instanceof PartylineProtocol talk && talk.hasMissed();
            return load.deliveredToSlowReader() == published ? "kept, heard all of it late" : "kept, %d%% heard late%s".formatted(100 * load.deliveredToSlowReader() / published,
                toldItsGap ? ", told its gap" : "");
        }
        String end = slow.closeCode() == 0 ? "dropped without a word" : "closed with " + slow.closeCode();
        if (!(slow.protocol instanceof PartylineProtocol talk)) {
            return end;
        }
        load.reopen(slow);
        load.idle(SECOND);
        return end + (talk.isResumed() ? ", resumed" : ", forgotten") + (talk.hasMissed() ? ", told its gap" : ", caught up");
    }
}
