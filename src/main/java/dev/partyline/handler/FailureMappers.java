package dev.partyline.handler;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What an exception of a handler says to the tab: finds the {@link CallException} among the causes, or the mapper of the application for one of them. Containers wrap what a bean throws, such as in an
 * {@code EJBException}, and stages do in a {@code CompletionException}.
 *
 * <p>Thread-safe.
 */
final class FailureMappers {

    /** Causes may form a circle. */
    private static final int MAX_CAUSES = 32;

    private final Map<Class<?>, Function<Throwable, CallException>> mappers = new ConcurrentHashMap<>();

    /** @throws IllegalStateException if the type has a mapper already */
    <E extends Throwable> void on(Class<E> type, Function<? super E, CallException> mapper) {
        if (mappers.putIfAbsent(type, failure -> mapper.apply(type.cast(failure))) != null) {
            throw new IllegalStateException(type.getName() + " has a mapper already");
        }
    }

    /**
     * The rejection that is the exception or its cause, or that a mapper makes of it, of the outermost that has one. Empty if no mapper fits, or if it returns null.
     *
     * @throws RuntimeException what a mapper throws
     */
    Optional<CallException> rejection(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(MAX_CAUSES).map(this::map).flatMap(Optional::stream).findFirst();
    }

    /** That of the class itself, or else of its nearest superclass. */
    private Optional<CallException> map(Throwable failure) {
        if (failure instanceof CallException rejection) {
            return Optional.of(rejection);
        }
        List<? extends Class<?>> classes = Stream.<Class<?>>iterate(failure.getClass(), type -> type != null, Class::getSuperclass).toList();
        return mappers.isEmpty() ? Optional.empty() : classes.stream().map(mappers::get).filter(mapper -> mapper != null).findFirst().map(mapper -> mapper.apply(failure));
    }
}
