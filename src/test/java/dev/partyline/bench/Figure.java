package dev.partyline.bench;

import java.util.stream.Stream;

/** Something that is measured: what it is called, of which work, and whether the chart shows it. Less is better, but for rates. */
enum Figure {

    SATURATED_CPU(Workload.FAN_OUT, "CPU-µs a message, 100 B, saturated", true),
    SATURATED_RATE(Workload.FAN_OUT, "messages/s, 100 B", false),
    PACED_CPU(Workload.FAN_OUT, "CPU-µs a message, 100 B, 20 publishes/s", true),
    PACED_P99(Workload.FAN_OUT, "p99 ms, 20 publishes/s", false),
    BIG_CPU(Workload.FAN_OUT, "CPU-µs a message, 1 KB, saturated", true),
    FAN_OUT_BUSY(Workload.FAN_OUT, "generator busy, %", false),

    ECHO_CPU(Workload.ECHO, "CPU-µs a reply", true),
    ECHO_RATE(Workload.ECHO, "replies/s", false),
    ECHO_P99(Workload.ECHO, "p99 ms", false),

    NON_BLOCKING_ECHO_CPU(Workload.NON_BLOCKING_ECHO, "CPU-µs a reply", false),
    NON_BLOCKING_ECHO_RATE(Workload.NON_BLOCKING_ECHO, "replies/s", false),
    NON_BLOCKING_ECHO_P99(Workload.NON_BLOCKING_ECHO, "p99 ms", false),

    LINE_RSS(Workload.IDLE, "KB a connection, resident", true),
    LINE_HEAP(Workload.IDLE, "KB a connection, heap after GC", false),
    CONNECT_CPU(Workload.IDLE, "CPU-µs to connect", false),

    USER_RSS(Workload.USERS, "KB a user with all tabs, resident", true),
    USER_CPU(Workload.USERS, "CPU-ms a publish that reaches every tab of 1000 users", true),
    USER_P50(Workload.USERS, "p50 ms of such a publish", false),
    CONNECTIONS(Workload.USERS, "connections", false),

    SLOW_HEAP(Workload.SLOW_READER, "MB of heap more", false),
    SLOW_RSS(Workload.SLOW_READER, "MB resident more", false),
    OTHERS_BEFORE(Workload.SLOW_READER, "others' p99 ms before", false),
    OTHERS_MEANWHILE(Workload.SLOW_READER, "others' p99 ms meanwhile", false),
    OTHERS_HEARD(Workload.SLOW_READER, "% that others heard in time", false),
    SLOW_FATE(Workload.SLOW_READER, "the slow one", false),

    STORM_CPU(Workload.STORM, "CPU-ms for 1000 that return", true),
    STORM_SECONDS(Workload.STORM, "s until all were back", false),
    STORM_REFUSED(Workload.STORM, "attempts refused", false),
    STORM_RESUMED(Workload.STORM, "% resumed where they were", false);

    final Workload workload;
    final String title;
    final boolean charted;

    Figure(Workload workload, String title, boolean charted) {
        this.workload = workload;
        this.title = title;
        this.charted = charted;
    }

    static Stream<Figure> of(Workload workload) {
        return Stream.of(values()).filter(figure -> figure.workload == workload);
    }
}
