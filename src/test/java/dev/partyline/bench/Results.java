package dev.partyline.bench;

import jakarta.json.Json;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.JsonWriterFactory;
import jakarta.json.stream.JsonGenerator;
import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What was measured, of this run and of earlier ones: what is measured anew replaces what was known of it. So a long measurement may be made in pieces.
 *
 * <p>{@code {work: {what, machine, contestants: {contestant: {figure: value}}}}}; a figure that is a number is the median of its rounds.
 */
final class Results {

    private static final JsonWriterFactory PRETTY = Json.createWriterFactory(Map.of(JsonGenerator.PRETTY_PRINTING, true));
    private static final double LARGE = 100;

    private final Path json;
    private final Path chart;
    private final Map<String, JsonValue> works;

    private Results(Path json, Path chart, Map<String, JsonValue> works) {
        this.json = json;
        this.chart = chart;
        this.works = works;
    }

    static Results in(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path json = folder.resolve("results.json");
        Path chart = folder.resolve("chart.svg");
        if (!Files.exists(json)) {
            return new Results(json, chart, new LinkedHashMap<>());
        }
        try (Reader text = Files.newBufferedReader(json); JsonReader reader = Json.createReader(text)) {
            return new Results(json, chart, new LinkedHashMap<>(reader.readObject()));
        }
    }

    /** @param how in what way it was measured */
    void add(Workload workload, String what, String how, Machine machine, Map<BenchServer, List<Map<Figure, Object>>> rounds) {
        JsonObjectBuilder contestants = isKnown(workload, what) ? Json.createObjectBuilder(found(workload).getJsonObject("contestants")) : Json.createObjectBuilder();
        rounds.forEach((benchServer, figures) -> {
            if (figures.isEmpty()) {
                return;
            }
            JsonObjectBuilder found = Json.createObjectBuilder();
            Figure.of(workload).filter(figures.get(0)::containsKey).forEach(figure -> {
                Object value = middle(figures.stream().map(round -> round.get(figure)).toList());
                if (value instanceof Double number) {
                    found.add(key(figure), Double.parseDouble(rounded(number)));
                } else {
                    found.add(key(figure), value.toString());
                }
            });
            contestants.add(benchServer.key(), found.add("how", how).add("taken", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()));
        });
        works.put(workload.key(), Json.createObjectBuilder()
            .add("what", what)
            .add("machine", machine.text())
            .add("contestants", contestants)
            .build());
    }

    /** What is known of a work, for people. */
    String table(Workload workload) {
        JsonObject contestants = found(workload).getJsonObject("contestants");
        StringBuilder table = new StringBuilder("\n" + workload.key() + ": " + found(workload).getString("what") + "\n");
        List<BenchServer> present = Stream.of(BenchServer.values()).filter(each -> contestants.containsKey(each.key())).toList();
        table.append("%-52s".formatted("")).append(present.stream().map(each -> "%36s".formatted(each.title)).collect(Collectors.joining())).append('\n');
        Figure.of(workload).filter(figure -> present.stream().anyMatch(each -> contestants.getJsonObject(each.key()).containsKey(key(figure)))).forEach(figure -> table
            .append("%-52s".formatted(figure.title))
            .append(present.stream().map(each -> "%36s".formatted(shown(contestants.getJsonObject(each.key()).get(key(figure))))).collect(Collectors.joining()))
            .append('\n'));
        return table.toString();
    }

    /** Writes it all down, draws the chart, and returns where. */
    String write() throws IOException {
        JsonObjectBuilder all = Json.createObjectBuilder();
        for (Workload workload : Workload.values()) {
            if (works.containsKey(workload.key())) {
                all.add(workload.key(), works.get(workload.key()));
            }
        }
        StringWriter text = new StringWriter();
        PRETTY.createWriter(text).writeObject(all.build());
        Files.writeString(json, text.toString().strip() + "\n");
        Map<Workload, JsonObject> contestants = new EnumMap<>(Workload.class);
        Stream.of(Workload.values()).filter(workload -> works.containsKey(workload.key())).forEach(workload -> contestants.put(workload, found(workload).getJsonObject("contestants")));
        String machines = works.values().stream().map(work -> work.asJsonObject().getString("machine")).distinct().collect(Collectors.joining(" / "));
        Files.writeString(chart, Chart.draw(contestants, machines));
        return json + ", " + chart;
    }

    /** The name of a figure in the results. */
    static String key(Figure figure) {
        return figure.name().toLowerCase().replace('_', '-');
    }

    /** Three digits are all that a figure is good for. */
    static String rounded(double value) {
        return Math.abs(value) >= LARGE ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.3g", value);
    }

    /** Whether the same was measured before, so that other contestants may stand beside those of then. */
    private boolean isKnown(Workload workload, String what) {
        return works.containsKey(workload.key()) && found(workload).getString("what").equals(what);
    }

    private JsonObject found(Workload workload) {
        return works.get(workload.key()).asJsonObject();
    }

    private static Object middle(List<Object> values) {
        return values.get(0) instanceof Double ? Workload.median(values.stream().map(Double.class::cast))
            : values.stream().distinct().map(Object::toString).collect(Collectors.joining(" / "));
    }

    private static String shown(JsonValue value) {
        if (value == null) {
            return "–";
        }
        return value instanceof JsonNumber number ? rounded(number.doubleValue()) : ((JsonString) value).getString();
    }
}
