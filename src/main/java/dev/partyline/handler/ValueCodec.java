package dev.partyline.handler;

import dev.partyline.wire.Json;
import dev.partyline.wire.RawJson;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbException;
import java.util.Map;
import java.util.Optional;

/** Turns values into JSON and back, by JSON-B: the container's where it has one, ours where not. Safe for threads. */
public final class ValueCodec {

    private final Jsonb jsonb = JsonbBuilder.create();

    public ValueCodec() {
        // The first use takes a fifth of a second, which should not be the first tab's.
        jsonb.toJson(jsonb.fromJson("{}", Map.class));
    }

    /**
     * The JSON of an application's value.
     *
     * @throws IllegalArgumentException if JSON-B cannot write it
     */
    public String write(Object value) {
        if (value instanceof RawJson raw) {
            return Json.wellFormed(raw.text());
        }
        if (value == null) {
            return "null";
        }
        try {
            String json = Json.wellFormed(jsonb.toJson(value));
            return json.indexOf('\n') < 0 ? json : json.replace('\n', ' ');
        } catch (JsonbException e) {
            throw new IllegalArgumentException("JSON-B cannot write a " + value.getClass().getName() + ": " + e.getMessage(), e);
        }
    }

    /**
     * A tab's value as its handler wants it.
     *
     * @throws BadValueException if it does not fit
     */
    <T> T read(Optional<String> json, Class<T> type) {
        if (type == RawJson.class) {
            return type.cast(new RawJson(json.orElse("null")));
        }
        if (json.isEmpty() || json.get().equals("null")) {
            return null;
        }
        try {
            return jsonb.fromJson(json.get(), type);
        } catch (RuntimeException e) {
            // Yasson lets NoSuchElementException, ClassCastException and others out where the value is of another shape.
            throw new BadValueException(e);
        }
    }

    /** A value does not fit what a handler takes. */
    static final class BadValueException extends RuntimeException {

        private static final long serialVersionUID = 1;

        private BadValueException(Throwable cause) {
            super(cause);
        }
    }

    public void close() {
        try {
            jsonb.close();
        } catch (Exception e) {
            System.getLogger(ValueCodec.class.getName()).log(System.Logger.Level.DEBUG, "JSON-B did not close", e);
        }
    }
}
