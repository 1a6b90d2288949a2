package dev.partyline.browser;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/** Engine × case, printed when the run ends. */
final class ResultTable implements TestWatcher, BeforeTestExecutionCallback, AfterTestExecutionCallback {

    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(ResultTable.class);

    static Results of(ExtensionContext context) {
        return context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent("results", key -> new Results(), Results.class);
    }

    @Override
    public void beforeTestExecution(ExtensionContext context) {
        context.getStore(NAMESPACE).put("began", System.nanoTime());
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        context.getStore(NAMESPACE).put("took", System.nanoTime() - context.getStore(NAMESPACE).get("began", Long.class));
    }

    @Override
    public void testSuccessful(ExtensionContext context) {
        Long took = context.getStore(NAMESPACE).get("took", Long.class);
        of(context).cell(context, context.getDisplayName(), took == null ? "ok" : String.format("%.1f s", took / 1e9));
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        of(context).cell(context, context.getDisplayName(), "FAILED");
    }

    @Override
    public void testAborted(ExtensionContext context, Throwable cause) {
        of(context).cell(context, context.getDisplayName(), "aborted");
    }

    /** What is known so far. Closed by JUnit when the run ends. */
    static final class Results implements AutoCloseable {
        private final Map<String, Map<String, String>> rows = new TreeMap<>();
        private final List<String> reasons = new ArrayList<>();

        /** A case that an engine does not run. */
        void excepted(ExtensionContext context, String engine, String why) {
            if (!reasons.contains(why)) {
                reasons.add(why);
            }
            cell(context, engine, "[" + (reasons.indexOf(why) + 1) + "]");
        }

        void cell(ExtensionContext context, String engine, String result) {
            String name = context.getRequiredTestClass().getSimpleName() + "." + context.getRequiredTestMethod().getName();
            rows.computeIfAbsent(name, key -> new TreeMap<>()).put(engine, result);
        }

        @Override
        public void close() {
            List<String> columns = Engines.demanded().stream().flatMap(engine -> Stream.of(Mode.values()).map(mode -> mode.column(engine)))
                .filter(column -> rows.values().stream().anyMatch(cells -> cells.containsKey(column))).toList();
            int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
            StringBuilder table = new StringBuilder("\n" + " ".repeat(width));
            columns.forEach(column -> table.append("  ").append(String.format("%9s", column)));
            rows.forEach((name, cells) -> {
                table.append(String.format("%n%-" + width + "s", name));
                columns.forEach(column -> table.append("  ").append(String.format("%" + Math.max(9, column.length()) + "s", cells.getOrDefault(column, ""))));
            });
            for (int i = 0; i < reasons.size(); i++) {
                table.append(String.format("%n[%d] %s", i + 1, reasons.get(i)));
            }
            System.out.println(table);
        }
    }
}
