package dev.partyline.handler;

import dev.partyline.wire.JavaScriptNumbers;
import dev.partyline.wire.Json;
import dev.partyline.wire.RawJson;
import jakarta.json.bind.annotation.JsonbCreator;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Converts values to JSON and back by the application's {@link ValueMapper}, or else by JSON-B: the container's if it has one, else the one in the WAR. Thread-safe.
 *
 * <p>Refuses what JavaScript would change in silence. Raw JSON passes unmodified.
 */
public final class ValueCodec {

    private static final System.Logger LOG = System.getLogger(ValueCodec.class.getName());
    private static final String JSONB = "jakarta.json.bind.";
    /** The values of Partyline's own pages and of the HTTP API, whose names of members no application may change. */
    private static final Set<String> OWN_PACKAGES = Set.of("dev.partyline.http", "dev.partyline.demo");

    private final JsonbMapper standard = (JsonbMapper) ValueMapper.of(ValueMapper.defaultConfig());
    /** The types of which the log says that they cannot be mapped. As many as an application has handlers. */
    private final Set<String> warned = ConcurrentHashMap.newKeySet();
    private volatile ValueMapper mapper = standard;

    public ValueCodec() {
        // The first use takes a fifth of a second, by which the first request must not be delayed. It also loads classes, which fails for good while there is no file descriptor.
        standard.write(standard.read("{\"a\":[1,2.5,true,null,\"b\"]}", Map.class));
        try {
            standard.read("[]", Integer.class);
        } catch (RuntimeException e) {
            // A value that does not fit its type.
        }
    }

    /** From now on, values of the application are converted by this mapper. */
    public void use(ValueMapper chosen) {
        mapper = chosen;
    }

    /**
     * The JSON of an application's value.
     *
     * @throws IllegalArgumentException if the mapper cannot write it, or if JavaScript would round an integer in it
     */
    public String write(Object value) {
        if (value instanceof RawJson raw) {
            return Json.wellFormed(raw.text());
        }
        if (value == null) {
            return "null";
        }
        String json = Json.wellFormed(map(value));
        JavaScriptNumbers.findRounded(json).ifPresent(rounded -> {
            throw new IllegalArgumentException("a " + value.getClass().getName() + " cannot be sent: " + rounded);
        });
        return json.indexOf('\n') < 0 ? json : json.replace('\n', ' ');
    }

    private String map(Object value) {
        try {
            String json = mapperOf(value.getClass()).write(value);
            if (json == null || json.isBlank()) {
                throw new IllegalArgumentException("the value mapper wrote nothing for a " + value.getClass().getName());
            }
            return json;
        } catch (IllegalArgumentException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalArgumentException("a " + value.getClass().getName() + " cannot be written as JSON: " + e.getMessage(), e);
        }
    }

    private ValueMapper mapperOf(Type type) {
        return type instanceof Class<?> known && OWN_PACKAGES.contains(known.getPackageName()) ? standard : mapper;
    }

    /** As {@link #read(Optional, Type)}. */
    @SuppressWarnings("unchecked")
    <T> T read(Optional<String> json, Class<T> type) {
        // No Class.cast, which fails for primitive types.
        return (T) read(json, (Type) type);
    }

    /**
     * A tab's value as the type of its handler.
     *
     * @throws BadValueException if it cannot be converted
     */
    Object read(Optional<String> json, Type type) {
        if (type == RawJson.class) {
            return new RawJson(json.orElse("null"));
        }
        if (json.isEmpty() || json.get().equals("null")) {
            return null;
        }
        ValueMapper by = mapperOf(type);
        try {
            return by.read(json.get(), type);
        } catch (Exception e) {
            // Yasson throws NoSuchElementException, ClassCastException and others if the value has another structure.
            inaccessible(e).or(() -> by == standard ? notInstantiable(type) : Optional.empty()).filter(reason -> warned.add(type.getTypeName()))
                .ifPresent(reason -> LOG.log(System.Logger.Level.WARNING, "no value can be read as {0}, and tabs that send one get bad_value: {1}", type.getTypeName(), reason));
            throw new BadValueException(e);
        }
    }

    /**
     * What the mapper has no access to, whatever the value is: mostly a class that is not public. Empty if the value is the reason: messages about values do not belong in the log.
     */
    private static Optional<String> inaccessible(Throwable failure) {
        String context = "";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            boolean access = cause instanceof ReflectiveOperationException && !(cause instanceof InvocationTargetException) || cause instanceof InaccessibleObjectException;
            if (access || cause instanceof IllegalAccessError) {
                return Optional.of(context + cause);
            }
            context = cause.getMessage() + ": ";
        }
        return Optional.empty();
    }

    /** Why JSON-B cannot make an object of this class. Empty if it can, or if an annotation tells it how. */
    private static Optional<String> notInstantiable(Type type) {
        if (!(type instanceof Class<?> made) || made.isArray() || made.isPrimitive() || made.isEnum() || made.isRecord() || made.getName().startsWith("java.")
            || Stream.of(made.getAnnotations()).anyMatch(annotation -> annotation.annotationType().getName().startsWith(JSONB))) {
            return Optional.empty();
        }
        if (made.isInterface() || Modifier.isAbstract(made.getModifiers())) {
            return Optional.of("it is abstract");
        }
        boolean creatable = Stream.concat(Stream.of(made.getDeclaredConstructors()), Stream.of(made.getDeclaredMethods()))
            .anyMatch(executable -> executable.isAnnotationPresent(JsonbCreator.class) || executable instanceof Constructor<?> && executable.getParameterCount() == 0);
        return creatable ? Optional.empty() : Optional.of("it has neither a constructor without parameters nor one with @JsonbCreator; an inner class must be static");
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
            standard.close();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.DEBUG, "JSON-B did not close", e);
        }
    }
}
