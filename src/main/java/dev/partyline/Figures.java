package dev.partyline;

import dev.partyline.connection.InboundStats;
import dev.partyline.handler.LatencyHistogram;
import dev.partyline.line.OutboundStats;
import java.util.Map;

/**
 * Partyline in numbers, now.
 *
 * @param lines    lines, open and held
 * @param held     lines that wait for their browser
 * @param tabs     tabs on all lines
 * @param topics   topics that are kept
 * @param running  messages that wait for their handler or are with it
 * @param traffic  what was sent since the start
 * @param intake   what came in since the start
 * @param handlers how long handlers took, by type
 */
public record Figures(int lines, int held, int tabs, int topics, int running, OutboundStats.Snapshot traffic, InboundStats.Snapshot intake, Map<String, LatencyHistogram> handlers) {
}
