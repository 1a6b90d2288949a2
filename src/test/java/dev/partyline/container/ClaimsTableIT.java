package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import dev.partyline.testing.TestRun;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Comes after the containers: their claims side by side. */
@Tag("table")
class ClaimsTableIT {

    @Test
    void everyClaimWasTriedOnEveryContainerOfThisRunAndHeld() {
        Map<String, Map<String, String>> columns = new LinkedHashMap<>();
        for (String container : demanded()) {
            columns.put(container, Claims.of(container));
        }
        Set<String> claims = columns.values().stream().flatMap(column -> column.keySet().stream()).collect(Collectors.toCollection(LinkedHashSet::new));

        if (!claims.isEmpty()) {
            System.out.println(table(columns, claims));
        }
        assertThat(columns).allSatisfy((container, column) -> assertThat(claims).as(container).allSatisfy(claim ->
            assertThat(column.getOrDefault(claim, Claims.LEFT_OUT)).as(claim).isEqualTo(isLeftOut(container, claim) ? Claims.LEFT_OUT : Claims.HELD)));
        if (TestRun.isOfAllTests()) {
            assertThat(claims).isNotEmpty();
        }
    }

    private static boolean isLeftOut(String container, String claim) {
        return Claims.isLeftOutForTime(container, claim)
            || claim.startsWith("DeploymentIT.") && DeploymentIT.isLeftOut(container, claim);
    }

    /** {@code tomcat-11=false}: not left out. */
    private static List<String> demanded() {
        return Stream.of(System.getProperty("containers.skipped").split(","))
            .map(word -> word.split("=")).filter(word -> word[1].equals("false")).map(word -> word[0]).toList();
    }

    private static String table(Map<String, Map<String, String>> columns, Set<String> claims) {
        int wide = claims.stream().mapToInt(String::length).max().orElse(0);
        StringBuilder table = new StringBuilder(String.format("%n%-" + (wide + 2) + "s%s%n", "claim", String.join("  ", columns.keySet())));
        for (String claim : claims) {
            table.append(String.format("%-" + (wide + 2) + "s", claim));
            columns.forEach((container, column) -> table.append(String.format("%-" + (container.length() + 2) + "s", column.getOrDefault(claim, Claims.LEFT_OUT))));
            table.append(System.lineSeparator());
        }
        return table.toString();
    }
}
