package dev.partyline.handler;

import jakarta.json.bind.Jsonb;
import java.lang.reflect.Type;

/** Maps values by JSON-B. */
final class JsonbMapper implements ValueMapper {

    private final Jsonb jsonb;

    JsonbMapper(Jsonb jsonb) {
        this.jsonb = jsonb;
    }

    @Override
    public String write(Object value) {
        return jsonb.toJson(value);
    }

    @Override
    public Object read(String json, Type type) {
        return jsonb.fromJson(json, type);
    }

    void close() throws Exception {
        jsonb.close();
    }
}
