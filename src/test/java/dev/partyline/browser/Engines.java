package dev.partyline.browser;

import java.util.ArrayList;
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
 * Each is started when the first case wants it, serves all cases, and ends with the run.
 */
final class Engines implements ArgumentsProvider {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(Engines.class);

    /** The engines that this run demands. */
    static List<String> demanded() {
        return Stream.of(System.getProperty("browsers", "chromium").split(",")).map(String::strip).filter(name -> !name.isEmpty()).toList();
    }

    @Override
    public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
        List<Arguments> engines = new ArrayList<>();
        for (String name : demanded()) {
            for (Mode mode : Mode.values()) {
                Optional<String> reason = reasonAgainst(name, mode, context);
                if (reason.isPresent()) {
                    ResultTable.of(context).excepted(context, mode.column(name), reason.get());
                } else if (mode == Mode.SHARED || context.getRequiredTestClass().isAnnotationPresent(InBothModes.class)) {
                    engines.add(Arguments.of(mode.of(running(context).get(name))));
                }
            }
        }
        return engines.stream();
    }

    private static Optional<String> reasonAgainst(String engine, Mode mode, ExtensionContext context) {
        return Stream.of(context.getRequiredTestMethod(), context.getRequiredTestClass())
            .flatMap(place -> Stream.of(place.getAnnotationsByType(Except.class)))
            .filter(except -> except.engines().length == 0 || List.of(except.engines()).contains(engine))
            .filter(except -> except.modes().length == 0 || List.of(except.modes()).contains(mode.name().toLowerCase(Locale.ROOT)))
            // What an engine cannot do alone says nothing of a mode that the class is not run in.
            .filter(except -> mode == Mode.SHARED || except.modes().length > 0 || context.getRequiredTestClass().isAnnotationPresent(InBothModes.class))
            .map(Except::why)
            .findFirst();
    }

    private static Running running(ExtensionContext context) {
        return context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent("running", key -> new Running(), Running.class);
    }

    /** Those that are up. Closed by JUnit when the run ends. */
    private static final class Running implements AutoCloseable {
        private final Map<String, Engine> engines = new LinkedHashMap<>();

        Engine get(String name) {
            Engine engine = engines.get(name);
            if (engine == null || !engine.isAlive()) {
                long began = System.nanoTime();
                engine = start(name);
                engines.put(name, engine);
                System.out.printf("browser tests: %s %s started in %d ms%n", name, engine.version(), (System.nanoTime() - began) / 1_000_000);
            }
            return engine;
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
