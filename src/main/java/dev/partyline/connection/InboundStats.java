package dev.partyline.connection;

import java.util.concurrent.atomic.LongAdder;

/** What clients have sent since the start. Safe for threads. */
public final class InboundStats {

    private final LongAdder messages = new LongAdder();
    private final LongAdder chars = new LongAdder();
    private final LongAdder faults = new LongAdder();
    private final LongAdder overRate = new LongAdder();
    private final LongAdder refusals = new LongAdder();

    /**
     * @param messages WebSocket messages
     * @param chars    characters in them
     * @param faults   frames that were none
     * @param overRate frames over the rate
     * @param refusals sockets refused
     */
    public record Snapshot(long messages, long chars, long faults, long overRate, long refusals) {
    }

    void onMessage(int length) {
        messages.increment();
        chars.add(length);
    }

    void onFault() {
        faults.increment();
    }

    void onOverRate() {
        overRate.increment();
    }

    void onRefusal() {
        refusals.increment();
    }

    public Snapshot snapshot() {
        return new Snapshot(messages.sum(), chars.sum(), faults.sum(), overRate.sum(), refusals.sum());
    }
}
