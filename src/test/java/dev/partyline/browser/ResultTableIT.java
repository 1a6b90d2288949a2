package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

import dev.partyline.testing.TestRun;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;

/** Comes after the browsers: engine × case, every case of the suite once, whether or not it had its turn. */
@Tag("table")
class ResultTableIT {

    private static final String NOT_RUN = "NOT RUN";

    @Test
    void everyCaseHadItsTurnInEveryEngine() {
        Map<String, Map<String, String>> outcomes = Outcomes.all();
        List<String> reasons = new ArrayList<>();
        Map<String, Map<String, String>> rows = new TreeMap<>();
        cases().forEach((name, method) -> {
            // Of a run of some classes only those cases are shown, and one that is missing was not asked for.
            if (outcomes.containsKey(name) || TestRun.isOfAllTests() && !isOfAnotherRun(method)) {
                rows.put(name, row(method, outcomes.getOrDefault(name, Map.of()), reasons));
            }
        });
        if (!rows.isEmpty()) {
            System.out.println(table(rows, reasons));
        }
        if (TestRun.isOfAllTests()) {
            assertThat(rows).isNotEmpty();
            assertThat(rows.entrySet().stream().filter(row -> row.getValue().containsValue(NOT_RUN)).map(Map.Entry::getKey)).as(NOT_RUN).isEmpty();
            assertThat(outcomes.keySet()).isSubsetOf(rows.keySet());
        }
    }

    /** Whether a flag has to ask for it. */
    private static boolean isOfAnotherRun(Method method) {
        return Stream.of(method, method.getDeclaringClass()).flatMap(place -> Stream.of(place.getAnnotationsByType(Tag.class)))
            .anyMatch(tag -> tag.value().equals("measurement") || tag.value().equals("proxies") && System.getProperty("proxies") == null);
    }

    private static Map<String, Method> cases() {
        Map<String, Method> cases = new LinkedHashMap<>();
        for (Class<?> type : ReflectionSupport.findAllClassesInPackage(ResultTableIT.class.getPackageName(), each -> true, name -> name.endsWith("IT"))) {
            for (Method method : ReflectionSupport.findMethods(type, each -> each.isAnnotationPresent(OnEveryEngine.class), HierarchyTraversalMode.TOP_DOWN)) {
                cases.put(Outcomes.nameOf(type, method), method);
            }
        }
        return cases;
    }

    private static Map<String, String> row(Method method, Map<String, String> outcomes, List<String> reasons) {
        Map<String, String> cells = new LinkedHashMap<>();
        for (Engines.Combination combination : Engines.combinations(method.getDeclaringClass(), method)) {
            cells.put(combination.column(), combination.reasonAgainst().map(why -> reference(why, reasons)).orElseGet(() -> outcomes.getOrDefault(combination.column(), NOT_RUN)));
        }
        return cells;
    }

    private static String reference(String why, List<String> reasons) {
        if (!reasons.contains(why)) {
            reasons.add(why);
        }
        return "[" + (reasons.indexOf(why) + 1) + "]";
    }

    private static String table(Map<String, Map<String, String>> rows, List<String> reasons) {
        Set<String> columns = new LinkedHashSet<>();
        Engines.demanded().forEach(engine -> Stream.of(Mode.values()).map(mode -> mode.column(engine))
            .filter(column -> rows.values().stream().anyMatch(cells -> cells.containsKey(column))).forEach(columns::add));
        int width = rows.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder table = new StringBuilder("\n" + " ".repeat(width));
        columns.forEach(column -> table.append(cell(column, column)));
        rows.forEach((name, cells) -> {
            table.append(System.lineSeparator()).append(name).append(" ".repeat(width - name.length()));
            columns.forEach(column -> table.append(cell(column, cells.getOrDefault(column, ""))));
        });
        for (int i = 0; i < reasons.size(); i++) {
            table.append(String.format("%n[%d] %s", i + 1, reasons.get(i)));
        }
        return table.append(System.lineSeparator()).toString();
    }

    private static String cell(String column, String text) {
        return String.format("  %" + Math.max(9, column.length()) + "s", text);
    }
}
