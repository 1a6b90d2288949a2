package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.dialect.Dialects;
import jakarta.json.Json;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonValue;
import java.io.StringReader;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The API's OpenAPI document as it is served, and whether real answers are those that it describes.
 *
 * <p>It is read more strictly than by its users: a member that the document does not name is an error here.
 */
final class OpenApi {

    private static final String LOCATION = "urn:partyline:openapi";

    private final JsonObject document;
    private final SchemaRegistry schemas;

    /** One status that an operation may answer with, such as {@code POST /api/all 200}. */
    record Case(String method, String path, String status) {

        @Override
        public String toString() {
            return method + " " + path + " " + status;
        }
    }

    OpenApi(String text) {
        try (JsonReader reader = Json.createReader(new StringReader(text))) {
            document = closed(reader.readObject()).asJsonObject();
        }
        schemas = SchemaRegistry.withDialect(Dialects.getOpenApi31(), builder -> builder.schemas(Map.of(LOCATION, document.toString())));
    }

    private static JsonValue closed(JsonValue value) {
        if (value instanceof JsonArray array) {
            JsonArrayBuilder closed = Json.createArrayBuilder();
            array.forEach(element -> closed.add(closed(element)));
            return closed.build();
        }
        if (value instanceof JsonObject object) {
            JsonObjectBuilder closed = Json.createObjectBuilder();
            object.forEach((name, member) -> closed.add(name, closed(member)));
            if (object.get("properties") instanceof JsonObject) {
                closed.add("additionalProperties", false);
            }
            return closed.build();
        }
        return value;
    }

    /** All that the document says may happen. */
    List<Case> cases() {
        return document.getJsonObject("paths").entrySet().stream()
            .flatMap(path -> path.getValue().asJsonObject().entrySet().stream()
                .flatMap(method -> method.getValue().asJsonObject().getJsonObject("responses").keySet().stream()
                    .map(status -> new Case(method.getKey().toUpperCase(), path.getKey(), status))))
            .toList();
    }

    /** Which of the cases an answer is; fails if it is none, or not as described. */
    Case check(String method, String path, String body, HttpResponse<String> answer) {
        String template = document.getJsonObject("paths").keySet().stream().filter(known -> path.matches(known.replaceAll("\\{\\w+}", ".*"))).findFirst()
            .orElseThrow(() -> new AssertionError("the document has no path for " + path));
        Case found = new Case(method, template, String.valueOf(answer.statusCode()));
        assertThat(cases()).as("what the document describes").contains(found);
        Found operation = at("/paths/" + escaped(template) + "/" + method.toLowerCase());
        Found response = at(operation.pointer() + "/responses/" + found.status());
        assertThat(answer.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        assertFits(answer.body(), at(response.pointer() + "/content/application~1json/schema"));
        response.member("headers").ifPresent(headers -> headers.keySet().forEach(name -> assertThat(answer.headers().firstValue(name)).as(name).isPresent()));
        if (answer.statusCode() == 200 && method.equals("POST")) {
            Found request = at(operation.pointer() + "/requestBody");
            assertFits(body, at(request.pointer() + "/content/application~1json/schema"));
        }
        return found;
    }

    private void assertFits(String json, Found schema) {
        assertThat(schemas.getSchema(SchemaLocation.of(LOCATION + "#" + schema.pointer())).validate(json, InputFormat.JSON)).as("what does not fit in %s", json).isEmpty();
    }

    /** Part of the document, and where it really is. */
    private record Found(String pointer, JsonObject part) {

        Optional<JsonObject> member(String name) {
            return Optional.ofNullable(part.getJsonObject(name));
        }
    }

    private Found at(String pointer) {
        JsonObject part = Json.createPointer(pointer).getValue(document).asJsonObject();
        return part.containsKey("$ref") ? at(part.getString("$ref").substring(1)) : new Found(pointer, part);
    }

    private static String escaped(String name) {
        return name.replace("~", "~0").replace("/", "~1");
    }
}
