package dev.partyline;

import dev.partyline.endpoint.Intake;
import dev.partyline.handler.Timing;
import dev.partyline.line.Traffic;
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
public record Figures(int lines, int held, int tabs, int topics, int running, Traffic.Sum traffic, Intake.Sum intake, Map<String, Timing> handlers) {
}
