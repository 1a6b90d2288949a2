package dev.partyline.handler;

import dev.partyline.wire.JavaScriptNumbers;
import jakarta.json.JsonArray;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonBuilderFactory;
import jakarta.json.JsonNumber;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.JsonString;
import jakarta.json.JsonValue;
import jakarta.json.JsonWriter;
import jakarta.json.JsonWriterFactory;
import jakarta.json.bind.serializer.DeserializationContext;
import jakarta.json.bind.serializer.JsonbDeserializer;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import jakarta.json.stream.JsonGeneratorFactory;
import jakarta.json.stream.JsonLocation;
import jakarta.json.stream.JsonParser;
import jakarta.json.stream.JsonParserFactory;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Reader;
import java.io.Writer;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.Charset;
import java.util.Map;

/**
 * The container's JSON-P, with a parser that reads an {@code int} or a {@code long} exactly or not at all. By the specification of JSON-P, {@code getInt} and {@code getLong} drop a
 * fraction and keep the lowest bits, and JSON-B calls them. JSON-B has deserializers for classes, but not for primitive types, so it is done here.
 */
final class ExactNumbers {

    private ExactNumbers() {
    }

    static JsonProvider provider() {
        return new Provider(JsonProvider.provider());
    }

    private static ArithmeticException notExact(BigDecimal number) {
        return new ArithmeticException(number + " is not an integer from -(2^53-1) to 2^53-1: a page that sends a larger one has rounded it");
    }

    private static long exactLong(BigDecimal number) {
        long exact;
        try {
            exact = number.longValueExact();
        } catch (ArithmeticException e) {
            throw notExact(number);
        }
        if (exact > JavaScriptNumbers.MAX_SAFE_INTEGER || exact < -JavaScriptNumbers.MAX_SAFE_INTEGER) {
            throw notExact(number);
        }
        return exact;
    }

    /** JSON-B reads them from a number's text, which it reads from for {@link BigDecimal}, too. */
    static final class BigIntegers implements JsonbDeserializer<BigInteger> {

        @Override
        public BigInteger deserialize(JsonParser parser, DeserializationContext context, Type type) {
            JsonValue value = parser.getValue();
            // A string may have any integer, as for a long.
            return value instanceof JsonString text ? new BigInteger(text.getString()) : BigInteger.valueOf(exactLong(((JsonNumber) value).bigDecimalValue()));
        }
    }

    /** Reads as the parser that it wraps, but for {@code getInt} and {@code getLong}. */
    private static final class Parser implements JsonParser {

        private final JsonParser parser;

        private Parser(JsonParser parser) {
            this.parser = parser;
        }

        @Override
        public int getInt() {
            BigDecimal number = parser.getBigDecimal();
            try {
                return number.intValueExact();
            } catch (ArithmeticException e) {
                throw new ArithmeticException(number + " does not fit into an int");
            }
        }

        @Override
        public long getLong() {
            return exactLong(parser.getBigDecimal());
        }

        @Override
        public boolean hasNext() {
            return parser.hasNext();
        }

        @Override
        public Event next() {
            return parser.next();
        }

        @Override
        public Event currentEvent() {
            return parser.currentEvent();
        }

        @Override
        public String getString() {
            return parser.getString();
        }

        @Override
        public boolean isIntegralNumber() {
            return parser.isIntegralNumber();
        }

        @Override
        public BigDecimal getBigDecimal() {
            return parser.getBigDecimal();
        }

        @Override
        public JsonLocation getLocation() {
            return parser.getLocation();
        }

        @Override
        public JsonObject getObject() {
            return parser.getObject();
        }

        @Override
        public JsonValue getValue() {
            return parser.getValue();
        }

        @Override
        public JsonArray getArray() {
            return parser.getArray();
        }

        @Override
        public void skipArray() {
            parser.skipArray();
        }

        @Override
        public void skipObject() {
            parser.skipObject();
        }

        @Override
        public void close() {
            parser.close();
        }
    }

    private static final class ParserFactory implements JsonParserFactory {

        private final JsonParserFactory factory;

        private ParserFactory(JsonParserFactory factory) {
            this.factory = factory;
        }

        @Override
        public JsonParser createParser(Reader reader) {
            return new Parser(factory.createParser(reader));
        }

        @Override
        public JsonParser createParser(InputStream in) {
            return new Parser(factory.createParser(in));
        }

        @Override
        public JsonParser createParser(InputStream in, Charset charset) {
            return new Parser(factory.createParser(in, charset));
        }

        @Override
        public JsonParser createParser(JsonObject object) {
            return new Parser(factory.createParser(object));
        }

        @Override
        public JsonParser createParser(JsonArray array) {
            return new Parser(factory.createParser(array));
        }

        @Override
        public Map<String, ?> getConfigInUse() {
            return factory.getConfigInUse();
        }
    }

    private static final class Provider extends JsonProvider {

        private final JsonProvider provider;

        private Provider(JsonProvider provider) {
            this.provider = provider;
        }

        @Override
        public JsonParser createParser(Reader reader) {
            return new Parser(provider.createParser(reader));
        }

        @Override
        public JsonParser createParser(InputStream in) {
            return new Parser(provider.createParser(in));
        }

        @Override
        public JsonParserFactory createParserFactory(Map<String, ?> config) {
            return new ParserFactory(provider.createParserFactory(config));
        }

        @Override
        public JsonGenerator createGenerator(Writer writer) {
            return provider.createGenerator(writer);
        }

        @Override
        public JsonGenerator createGenerator(OutputStream out) {
            return provider.createGenerator(out);
        }

        @Override
        public JsonGeneratorFactory createGeneratorFactory(Map<String, ?> config) {
            return provider.createGeneratorFactory(config);
        }

        @Override
        public JsonReader createReader(Reader reader) {
            return provider.createReader(reader);
        }

        @Override
        public JsonReader createReader(InputStream in) {
            return provider.createReader(in);
        }

        @Override
        public JsonWriter createWriter(Writer writer) {
            return provider.createWriter(writer);
        }

        @Override
        public JsonWriter createWriter(OutputStream out) {
            return provider.createWriter(out);
        }

        @Override
        public JsonWriterFactory createWriterFactory(Map<String, ?> config) {
            return provider.createWriterFactory(config);
        }

        @Override
        public JsonReaderFactory createReaderFactory(Map<String, ?> config) {
            return provider.createReaderFactory(config);
        }

        @Override
        public JsonObjectBuilder createObjectBuilder() {
            return provider.createObjectBuilder();
        }

        @Override
        public JsonObjectBuilder createObjectBuilder(JsonObject object) {
            return provider.createObjectBuilder(object);
        }

        @Override
        public JsonArrayBuilder createArrayBuilder() {
            return provider.createArrayBuilder();
        }

        @Override
        public JsonBuilderFactory createBuilderFactory(Map<String, ?> config) {
            return provider.createBuilderFactory(config);
        }
    }
}
