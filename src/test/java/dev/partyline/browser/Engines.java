package dev.partyline.browser;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;

/**
 * The browsers of a test run: those that {@code -Dbrowsers=chromium,firefox,webkit} names, Chromium if it names none.
 * Each is started when the first case wants it, serves all cases of its process, and ends with it.
 */
final class Engines implements ArgumentsProvider {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(Engines.class);

    private static final String SAME_IN_EVERY_ENGINE = "about our pages and our server: tried in the first engine; -Dmatrix=full tries it in each";
    private static final String ELSEWHERE = "a line that is not shared is tried in the first engine; -Dmatrix=full tries it in each";

    /** The engines that this run demands. */
    static List<String> demanded() {
        return Stream.of(System.getProperty("browsers", "chromium").split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList();
    }

    /** One engine in one mode that a case is run in, or the reason why it is not. */
    record Combination(String engine, Mode mode, Optional<String> reasonAgainst) {

        /** What the table calls it. */
        String column() {
            return mode.column(engine);
        }
    }

    /** All that there is to say of a case in this run, engine by engine. */
    static List<Combination> combinations(Class<?> type, Method method) {
        List<Combination> combinations = new ArrayList<>();
        for (String engine : demanded()) {
            for (Mode mode : Mode.values()) {
                Optional<String> reason = reasonAgainst(engine, mode, type, method).or(() -> notInMatrix(engine, mode, type, method));
                if (reason.isPresent() || mode == Mode.SHARED || type.isAnnotationPresent(InBothModes.class)) {
                    combinations.add(new Combination(engine, mode, reason));
                }
            }
        }
        return combinations;
    }

    @Override
    public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
        return combinations(context.getRequiredTestClass(), context.getRequiredTestMethod()).stream()
            .filter(combination -> combination.reasonAgainst().isEmpty())
            .map(combination -> Arguments.of(combination.mode().of(running(context).get(combination.engine()))));
    }

    private static Optional<String> reasonAgainst(String engine, Mode mode, Class<?> type, Method method) {
        return Stream.of(method, type)
            .flatMap(place -> Stream.of(place.getAnnotationsByType(Except.class)))
            .filter(except -> except.engines().length == 0 || List.of(except.engines()).contains(engine))
            .filter(except -> except.modes().length == 0 || List.of(except.modes()).contains(mode.name().toLowerCase(Locale.ROOT)))
            // What an engine cannot do alone says nothing of a mode that the class is not run in.
            .filter(except -> mode == Mode.SHARED || except.modes().length > 0 || type.isAnnotationPresent(InBothModes.class))
            .map(Except::why)
            .findFirst();
    }

    /**
     * Left out unless asked for: cases that are the same in every engine, and lines that are not shared, whose modules are those of a shared line. What
     * an engine does differently shows in the other shared cases, and in {@link ModesIT}.
     */
    private static Optional<String> notInMatrix(String engine, Mode mode, Class<?> type, Method method) {
        if (engine.equals(demanded().get(0)) || System.getProperty("matrix", "").equals("full")) {
            return Optional.empty();
        }
        if (type.isAnnotationPresent(InOneEngine.class) || method.isAnnotationPresent(InOneEngine.class)) {
            return Optional.of(SAME_IN_EVERY_ENGINE);
        }
        return mode == Mode.DIRECT && type.isAnnotationPresent(InBothModes.class) ? Optional.of(ELSEWHERE) : Optional.empty();
    }

    private static Running running(ExtensionContext context) {
        // Not of one execution: where several processes share the classes, each class is an execution.
        return context.getStore(ExtensionContext.StoreScope.LAUNCHER_SESSION, NAMESPACE).getOrComputeIfAbsent("running", key -> new Running(), Running.class);
    }

    /** Those that are up. Closed by JUnit when the run ends. */
    private static final class Running implements AutoCloseable {
        private final Map<String, Engine> engines = new LinkedHashMap<>();
        /** Those that cannot be had on this machine: not looked for again by each case. */
        private final Map<String, IllegalStateException> missing = new HashMap<>();

        Engine get(String name) {
            Engine engine = engines.get(name);
            if (engine == null || !engine.isAlive()) {
                long began = System.nanoTime();
                engine = startUnlessMissing(name);
                engines.put(name, engine);
                System.out.printf("browser tests: %s %s started in %d ms%n", name, engine.version(), (System.nanoTime() - began) / 1_000_000);
            }
            return engine;
        }

        private Engine startUnlessMissing(String name) {
            if (missing.containsKey(name)) {
                throw missing.get(name);
            }
            try {
                return start(name);
            } catch (IllegalStateException e) {
                missing.put(name, e);
                throw e;
            }
        }

        private static Engine start(String name) {
            switch (name) {
                case "chromium":
                    return PlaywrightEngine.chromium();
                case "firefox":
                    return PlaywrightEngine.firefox();
                case "webkit":
                    return Provision.webkit().<Engine>map(WebKitEngine::new).orElseGet(PlaywrightEngine::webkit);
                default:
                    throw new IllegalArgumentException("-Dbrowsers names " + name + ", which is none of chromium, firefox, webkit");
            }
        }

        @Override
        public void close() {
            engines.values().forEach(Engine::close);
        }
    }
}
