package dev.partyline.server;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Prometheus' text format, version 0.0.4, read as Prometheus reads it and a little more strictly: each family is told once, with its help and its type before its samples,
 * no sample comes twice, counters are called so and never negative, and a histogram's buckets add up.
 */
final class Exposition {

    private static final Pattern META = Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.*)");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(\\{.*})? (NaN|[+-]Inf|[-+0-9.eE]+)");
    private static final Pattern LABELS = Pattern.compile("\\{([a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\\\\n]|\\\\[\\\\\"n])*\",?)*}");
    private static final Set<String> TYPES = Set.of("counter", "gauge", "histogram", "summary", "untyped");

    private final Map<String, Double> samples = new LinkedHashMap<>();
    private final Map<String, String> types = new HashMap<>();
    private final Set<String> helped = new HashSet<>();
    private final Set<String> ended = new HashSet<>();
    private String family = "";

    private Exposition() {
    }

    /**
     * @return samples by name and labels, as they are written
     * @throws AssertionError if it is none
     */
    static Map<String, Double> read(String text) {
        Exposition exposition = new Exposition();
        require(text.endsWith("\n"), "the last line does not end");
        text.lines().forEach(exposition::line);
        exposition.types.forEach((name, type) -> {
            if (type.equals("histogram")) {
                exposition.requireBucketsOf(name);
            }
        });
        return exposition.samples;
    }

    private void line(String line) {
        Matcher meta = META.matcher(line);
        Matcher sample = SAMPLE.matcher(line);
        if (meta.matches()) {
            enter(meta.group(2), line);
            if (meta.group(1).equals("HELP")) {
                require(helped.add(family), line);
            } else {
                require(TYPES.contains(meta.group(3)) && types.put(family, meta.group(3)) == null, line);
            }
        } else {
            require(sample.matches(), line);
            sample(line, sample.group(1), sample.group(2) == null ? "" : sample.group(2), Double.parseDouble(sample.group(3).replace("Inf", "Infinity")));
        }
    }

    private void enter(String name, String line) {
        if (!name.equals(family)) {
            ended.add(family);
            require(!ended.contains(name), line);
            family = name;
        }
    }

    private void sample(String line, String name, String labels, double value) {
        require(labels.isEmpty() || LABELS.matcher(labels).matches(), line);
        require(types.containsKey(family) && helped.contains(family), line);
        String type = types.get(family);
        boolean ours = type.equals("histogram") ? name.matches(Pattern.quote(family) + "_(bucket|sum|count)") : name.equals(family);
        require(ours, line);
        require(!type.equals("counter") || name.endsWith("_total") && value >= 0, line);
        require(samples.put(name + labels, value) == null, line);
    }

    /** Of each set of labels: buckets never fall, and the last, of all that there were, is the count. */
    private void requireBucketsOf(String name) {
        Map<String, Double> last = new HashMap<>();
        samples.forEach((sample, value) -> {
            if (sample.startsWith(name + "_bucket{")) {
                String labels = sample.substring(sample.indexOf('{')).replaceFirst(",?le=\"[^\"]*\"", "");
                require(value >= last.getOrDefault(labels, 0.0), sample);
                last.put(labels, value);
            }
        });
        last.forEach((labels, value) -> {
            String of = labels.equals("{}") ? "" : labels;
            require(value.equals(samples.get(name + "_count" + of)) && samples.containsKey(name + "_sum" + of), name + of);
        });
    }

    private static void require(boolean right, String line) {
        if (!right) {
            throw new AssertionError("not Prometheus' text format: " + line);
        }
    }
}
