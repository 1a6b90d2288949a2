package dev.partyline.handler;

import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.JsonbConfig;
import java.lang.reflect.Type;

/**
 * Converts an application's values to JSON and back. Called by any thread, also by several at once.
 *
 * <p>{@link dev.partyline.wire.RawJson}, null and values that a tab did not send do not reach it. Whatever it writes, an integer beyond ±(2^53−1) is refused, because JavaScript would
 * round it. What it makes of the numbers in a tab's value is its own decision.
 */
public interface ValueMapper {

    /**
     * The JSON of a value: one JSON value, in which line feeds occur as white space only.
     *
     * @throws Exception if it cannot be written; who publishes or sends gets an {@link IllegalArgumentException}, a request is answered with {@code failed}
     */
    String write(Object value) throws Exception;

    /**
     * A tab's value as this type.
     *
     * @param json well-formed JSON other than {@code null}
     * @throws Exception if it does not fit; the tab gets the error {@code bad_value}
     */
    Object read(String json, Type type) throws Exception;

    /**
     * A mapper by the JSON-B of the container, or that of the WAR, which reads numbers exactly: a number that does not fit into its {@code int} or {@code long} does not become another
     * one, and neither does an integer that JavaScript has rounded before it was sent.
     *
     * @param config used as it is; start with {@link #defaultConfig} to add to what is default
     */
    static ValueMapper of(JsonbConfig config) {
        return new JsonbMapper(JsonbBuilder.newBuilder().withConfig(config).withProvider(ExactNumbers.provider()).build());
    }

    /**
     * A mapper by the application's own JSON-B, used as it is. Of a number that is too large for an {@code int} or a {@code long}, or has a fraction, Yasson keeps a part; {@link #of(JsonbConfig)}
     * refuses it.
     */
    static ValueMapper of(Jsonb jsonb) {
        return new JsonbMapper(jsonb);
    }

    /**
     * The configuration of the mapper that is used unless the application chooses another one. {@code Date}, {@code Calendar} and {@code ZonedDateTime} are written and read as ISO 8601
     * with {@code Z} or an offset, as JavaScript's {@code Date} does, where JSON-B appends the name of a zone; a zone is therefore not sent, its offset is. {@code @JsonbDateFormat} applies as
     * always. They cannot be keys of a map.
     */
    static JsonbConfig defaultConfig() {
        return new JsonbConfig().withAdapters(IsoDates.adapters()).withDeserializers(new ExactNumbers.BigIntegers());
    }
}
