package dev.partyline.testing;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The frames that both halves are tested against: {@code frames.json}, and the examples of PROTOCOL.md. */
public final class Golden {

    private static final JsonObject FILE = file();

    private Golden() {
    }

    /** One frame: what it is, its text, and for a good one the object that the text must mean. */
    public record Sample(String name, Optional<String> kind, String text, Optional<JsonObject> frame) {

        @Override
        public String toString() {
            return name;
        }
    }

    public static List<Sample> up() {
        return samples("up");
    }

    public static List<Sample> down() {
        return samples("down");
    }

    public static List<Sample> bad() {
        return samples("bad");
    }

    /** The examples under a heading of PROTOCOL.md, one a line. */
    public static List<String> examples(String heading) {
        Matcher section = Pattern.compile("^## " + Pattern.quote(heading) + "$(.*?)(?=^## |\\z)", Pattern.MULTILINE | Pattern.DOTALL).matcher(protocol());
        if (!section.find()) {
            throw new IllegalArgumentException("PROTOCOL.md has no heading " + heading);
        }
        return Pattern.compile("^```json\n(.*?)^```$", Pattern.MULTILINE | Pattern.DOTALL).matcher(section.group(1)).results()
            .flatMap(block -> block.group(1).lines())
            .toList();
    }

    /** The rows of PROTOCOL.md's tables. */
    public static List<String> tables() {
        return protocol().lines().filter(line -> line.startsWith("|")).toList();
    }

    public static JsonObject parse(String json) {
        try (JsonReader reader = Json.createReader(new StringReader(json))) {
            return reader.readObject();
        }
    }

    private static List<Sample> samples(String direction) {
        return FILE.getJsonArray(direction).getValuesAs(JsonValue::asJsonObject).stream()
            .map(row -> new Sample(row.getString("name"), Optional.ofNullable(row.getString("kind", null)), row.getString("text"),
                Optional.ofNullable(row.getJsonObject("frame"))))
            .toList();
    }

    private static JsonObject file() {
        try (InputStream in = Golden.class.getResourceAsStream("/frames.json"); JsonReader reader = Json.createReader(in)) {
            return reader.readObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String protocol() {
        try (Stream<String> lines = Files.lines(Path.of("PROTOCOL.md"))) {
            return String.join("\n", lines.toList()) + "\n";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
