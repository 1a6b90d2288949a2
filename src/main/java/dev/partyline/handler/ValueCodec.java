package dev.partyline.handler;

import dev.partyline.wire.Json;
import dev.partyline.wire.RawJson;
import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbException;
import java.util.Map;
import java.util.Optional;

/** Converts values to JSON and back by JSON-B: the container's if it has one, else the one in the WAR. Thread-safe. */
public final class ValueCodec {

    private final Jsonb jsonb = JsonbBuilder.create();

    public ValueCodec() {
        // The first use takes a fifth of a second, by which the first request must not be delayed. It also loads classes, which fails for good while there is no file descriptor.
        jsonb.toJson(jsonb.fromJson("{\"a\":[1,2.5,true,null,\"b\"]}", Map.class));
        try {
            jsonb.fromJson("[]", Integer.class);
        } catch (RuntimeException e) {
            // A value that does not fit its type.
        }
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
     * A tab's value as the type of its handler.
     *
     * @throws BadValueException if it cannot be converted
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
            // Yasson throws NoSuchElementException, ClassCastException and others if the value has another structure.
            throw new BadValueException(e);
        }
    }

    /** A value cannot be converted to the type of its handler. */
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
