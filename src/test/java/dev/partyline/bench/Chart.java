package dev.partyline.bench;

import jakarta.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The results as bars, less is better: a group for each figure, its longest bar as long as the others' longest. Readable in light and dark. */
final class Chart {

    private static final int WIDTH = 760;
    private static final int LABEL = 150;
    private static final int BAR = 480;
    private static final int ROW = 18;
    private static final int GROUP = 44;
    private static final int MARGIN = 20;
    private static final int FOOT_CHARS = 120;

    private static final String HEAD = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" font-family="system-ui, sans-serif" font-size="13" role="img" aria-labelledby="t">
          <title id="t">%3$s</title>
          <style>
            .paper { fill: #fff } text { fill: #1f2430 } .soft { fill: #5b6475 } .bar { fill: #9aa4b5 } .ours { fill: #c98a00 }
            @media (prefers-color-scheme: dark) { .paper { fill: #14181f } text { fill: #e8ebf2 } .soft { fill: #a7b0c0 } .bar { fill: #5b6475 } .ours { fill: #e0a526 } }
          </style>
          <rect class="paper" width="%1$d" height="%2$d" rx="8"/>
        """;

    private Chart() {
    }

    /** @param contestants by work, as {@link Results} keeps them */
    static String draw(Map<Workload, JsonObject> contestants, String foot) {
        StringBuilder bars = new StringBuilder();
        List<String> told = new ArrayList<>();
        int y = MARGIN;
        for (Figure figure : Figure.values()) {
            JsonObject found = contestants.get(figure.workload);
            if (!figure.charted || found == null) {
                continue;
            }
            List<BenchServer> present = Stream.of(BenchServer.values()).filter(each -> value(found, each, figure).isPresent()).toList();
            double longest = present.stream().mapToDouble(each -> value(found, each, figure).orElseThrow()).max().orElse(1);
            y += ROW;
            bars.append("  <text x=\"%d\" y=\"%d\" font-weight=\"600\">%s</text>%n".formatted(MARGIN, y, figure.workload.key() + ": " + figure.title));
            y += ROW / 2;
            for (BenchServer each : present) {
                double value = value(found, each, figure).orElseThrow();
                long length = Math.max(1, Math.round(BAR * value / longest));
                bars.append("  <text class=\"soft\" x=\"%d\" y=\"%d\">%s</text>".formatted(MARGIN, y + 13, each.title));
                bars.append("<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\"/>".formatted(each == BenchServer.PARTYLINE ? "ours" : "bar", LABEL, y + 3, length, ROW - 5));
                bars.append("<text x=\"%d\" y=\"%d\">%s</text>%n".formatted(LABEL + length + 6, y + 13, Results.rounded(value)));
                y += ROW;
            }
            told.add(figure.title + ": " + present.stream().map(each -> each.title + " " + Results.rounded(value(found, each, figure).orElseThrow())).collect(Collectors.joining(", ")));
            y += GROUP - 2 * ROW;
        }
        for (String line : wrapped(foot)) {
            y += ROW;
            bars.append("  <text class=\"soft\" font-size=\"11\" x=\"%d\" y=\"%d\">%s</text>%n".formatted(MARGIN, y, line));
        }
        return HEAD.formatted(WIDTH, y + MARGIN, "What each server costs, less is better. " + String.join(". ", told)) + bars + "</svg>\n";
    }

    private static Optional<Double> value(JsonObject found, BenchServer benchServer, Figure figure) {
        return Optional.ofNullable(found.getJsonObject(benchServer.key())).map(figures -> figures.getJsonNumber(Results.key(figure))).map(number -> number.doubleValue());
    }

    private static List<String> wrapped(String text) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (line.length() + word.length() > FOOT_CHARS) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
