package dev.partyline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The invariants of ARCHITECTURE.md. */
class ArchitectureTest {

    private static final String ROOT = "dev.partyline";
    /** The way of a message; arrows point down it, to the right. */
    private static final List<String> WAY = List.of("endpoint", "handler", "line", "topic", "wire");

    private static final JavaClasses OURS = new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages(ROOT);

    @Test
    void arrowsPointDownTheWayOfAMessage() {
        for (int i = 1; i < WAY.size(); i++) {
            String[] above = Stream.concat(WAY.subList(0, i).stream(), Stream.of("http", "demo", "cdi", "launcher")).map(ArchitectureTest::named).toArray(String[]::new);
            check(noClasses().that().resideInAPackage(named(WAY.get(i))).should().dependOnClassesThat().resideInAnyPackage(above));
        }
    }

    @Test
    void nobodyOnTheWayKnowsTheApplicationsSide() {
        String[] way = WAY.stream().map(ArchitectureTest::named).toArray(String[]::new);
        check(noClasses().that().resideInAnyPackage(way).should().dependOnClassesThat().resideInAnyPackage(ROOT, named("demo"), named("http"), named("cdi")));
    }

    @ParameterizedTest
    @CsvSource({"endpoint, jakarta.websocket", "handler, jakarta.json", "cdi, jakarta.enterprise", "cdi, jakarta.inject", "http, io.prometheus", "launcher, org.apache"})
    void oneRoomAloneKnows(String room, String library) {
        check(noClasses().that().resideOutsideOfPackage(named(room)).should().dependOnClassesThat().resideInAPackage(library + ".."));
    }

    /** It is started by itself, from the root of the WAR, where none of the others are. */
    @Test
    void launcherKnowsNobodyAndNobodyKnowsIt() {
        check(noClasses().that().resideInAPackage(named("launcher")).should().dependOnClassesThat(
            DescribedPredicate.describe("are ours, of another room",
                other -> other.getPackageName().startsWith(ROOT) && !other.getPackageName().equals(named("launcher")))));
        check(noClasses().that().resideOutsideOfPackage(named("launcher")).should().dependOnClassesThat().resideInAPackage(named("launcher")));
    }

    @Test
    void nobodySleepsAndNobodySpeaksToTheConsole() {
        check(noClasses().should().callMethod(Thread.class, "sleep", long.class));
        check(noClasses().that().resideOutsideOfPackage(named("launcher")).should().accessField(System.class, "out"));
        check(noClasses().that().resideOutsideOfPackage(named("launcher")).should().accessField(System.class, "err"));
    }

    @Test
    void namesSayWhatAndNotHow() {
        check(noClasses().should().haveNameMatching(".*(Manager|Helper|Util|Utils|Impl)").orShould().haveNameMatching(".*\\.Abstract[^.]*")
            .orShould().resideInAnyPackage("..util..", "..impl..", "..common.."));
    }

    /** It blocks for twenty seconds on one container and for ever on others: only a last word before a close may take it. */
    @Test
    void onlyTheSocketItselfMaySendAndWait() {
        check(noClasses().that().doNotHaveSimpleName("SessionSocket").should().dependOnClassesThat().haveFullyQualifiedName("jakarta.websocket.RemoteEndpoint$Basic"));
    }

    private static String named(String room) {
        return ROOT + "." + room;
    }

    private static void check(ArchRule rule) {
        rule.check(OURS);
    }
}
