package dev.partyline.bench;

import java.util.stream.Stream;

/** Something that is measured: what it is called, of which work, and whether the chart shows it. Less is better, but for rates. */
enum Figure {

    SATURATED_CPU(Work.FAN_OUT, "CPU-µs a message, 100 B, saturated", true),
    SATURATED_RATE(Work.FAN_OUT, "messages/s, 100 B", false),
    PACED_CPU(Work.FAN_OUT, "CPU-µs a message, 100 B, 20 publishes/s", true),
    PACED_P99(Work.FAN_OUT, "p99 ms, 20 publishes/s", false),
    BIG_CPU(Work.FAN_OUT, "CPU-µs a message, 1 KB, saturated", true),
    FAN_OUT_BUSY(Work.FAN_OUT, "generator busy, %", false),

    ECHO_CPU(Work.ECHO, "CPU-µs a reply", true),
    ECHO_RATE(Work.ECHO, "replies/s", false),
    ECHO_P99(Work.ECHO, "p99 ms", false),

    QUICK_ECHO_CPU(Work.QUICK_ECHO, "CPU-µs a reply", false),
    QUICK_ECHO_RATE(Work.QUICK_ECHO, "replies/s", false),
    QUICK_ECHO_P99(Work.QUICK_ECHO, "p99 ms", false),

    LINE_RSS(Work.IDLE, "KB a connection, resident", true),
    LINE_HEAP(Work.IDLE, "KB a connection, heap after GC", false),
    CONNECT_CPU(Work.IDLE, "CPU-µs to connect", false),

    USER_RSS(Work.USERS, "KB a user with all tabs, resident", true),
    USER_CPU(Work.USERS, "CPU-ms a publish that reaches every tab of 1000 users", true),
    USER_P50(Work.USERS, "p50 ms of such a publish", false),
    CONNECTIONS(Work.USERS, "connections", false),

    SLOW_HEAP(Work.SLOW_READER, "MB of heap more", false),
    SLOW_RSS(Work.SLOW_READER, "MB resident more", false),
    OTHERS_BEFORE(Work.SLOW_READER, "others' p99 ms before", false),
    OTHERS_MEANWHILE(Work.SLOW_READER, "others' p99 ms meanwhile", false),
    OTHERS_HEARD(Work.SLOW_READER, "% that others heard in time", false),
    SLOW_FATE(Work.SLOW_READER, "the slow one", false),

    STORM_CPU(Work.STORM, "CPU-ms for 1000 that return", true),
    STORM_SECONDS(Work.STORM, "s until all were back", false),
    STORM_REFUSED(Work.STORM, "attempts refused", false),
    STORM_RESUMED(Work.STORM, "% resumed where they were", false);

    final Work work;
    final String title;
    final boolean charted;

    Figure(Work work, String title, boolean charted) {
        this.work = work;
        this.title = title;
        this.charted = charted;
    }

    static Stream<Figure> of(Work work) {
        return Stream.of(values()).filter(figure -> figure.work == work);
    }
}
