package dev.partyline;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.GeneralCodingRules;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.websocket.server.ServerEndpoint;
import jakarta.websocket.server.ServerEndpointConfig;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The invariants of ARCHITECTURE.md, and the habits of the house that a machine can see. */
class ArchitectureTest {

    private static final String ROOT = "dev.partyline";
    /** The way of a message, and below it what all of it is counted with; arrows point down it, to the right. */
    private static final List<String> WAY = List.of("endpoint", "connection", "handler", "line", "topic", "wire", "stats");

    private static final JavaClasses ALL = new ClassFileImporter().importPackages(ROOT);
    private static final JavaClasses TESTS = ALL.that(DescribedPredicate.describe("are tests", ArchitectureTest::isTest));
    private static final JavaClasses OURS = ALL.that(DescribedPredicate.describe("are no tests", type -> !isTest(type)));

    @Test
    void arrowsPointDownTheWayOfAMessage() {
        for (int i = 1; i < WAY.size(); i++) {
            String[] above = Stream.concat(WAY.subList(0, i).stream(), Stream.of("http", "assets", "demo", "cdi", "launcher")).map(ArchitectureTest::named).toArray(String[]::new);
            check(noClasses().that().resideInAPackage(named(WAY.get(i))).should().dependOnClassesThat().resideInAnyPackage(above));
        }
    }

    @Test
    void nobodyOnTheWayKnowsTheApplicationsSide() {
        String[] way = WAY.stream().map(ArchitectureTest::named).toArray(String[]::new);
        check(noClasses().that().resideInAnyPackage(way).should().dependOnClassesThat().resideInAnyPackage(ROOT, named("demo"), named("http"), named("assets"), named("cdi")));
    }

    @Test
    void noRoomLeadsBackToItself() {
        check(slices().matching(ROOT + ".(*)..").should().beFreeOfCycles());
    }

    /** Package-private is the rule: what is public is what applications write against, what a container calls, or what another room uses. */
    @Test
    void publicIsADecision() {
        check(classes().that().arePublic().and().areTopLevelClasses().and().resideOutsideOfPackages(ROOT, named("launcher"), named("test"))
            .and().areNotAssignableTo(RuntimeException.class)
            .and().areNotAssignableTo("jakarta.servlet.Servlet").and().areNotAssignableTo("jakarta.servlet.Filter").and().areNotAssignableTo(ServerEndpointConfig.Configurator.class)
            .and().areNotAnnotatedWith(ServerEndpoint.class).and().doNotHaveSimpleName("LineEndpoint").and().areNotAnnotatedWith(ApplicationScoped.class)
            .and().areNotAssignableTo("jakarta.enterprise.inject.spi.Extension")
            .should(beUsedInAnotherRoom()));
    }

    private static ArchCondition<JavaClass> beUsedInAnotherRoom() {
        return new ArchCondition<>("be used in another room") {
            @Override
            public void check(JavaClass one, ConditionEvents events) {
                boolean used = OURS.stream().filter(other -> !other.getPackage().equals(one.getPackage())).flatMap(other -> other.getDirectDependenciesFromSelf().stream())
                    .map(use -> use.getTargetClass().getName()).anyMatch(name -> name.equals(one.getName()) || name.startsWith(one.getName() + "$"));
                events.add(new SimpleConditionEvent(one, used, one.getName() + " is public and used in its own package alone"));
            }
        };
    }

    @ParameterizedTest
    @CsvSource({"endpoint, jakarta.websocket", "handler, jakarta.json", "cdi, jakarta.enterprise.context", "cdi, jakarta.enterprise.inject", "cdi, jakarta.inject",
        "handler, jakarta.enterprise.concurrent", "handler, jakarta.transaction", "http, io.prometheus", "launcher, org.apache"})
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
        for (JavaClasses classes : List.of(OURS, TESTS)) {
            noClasses().should().callMethodWhere(target(name("sleep"))).check(classes);
        }
        check(noClasses().that().resideOutsideOfPackage(named("launcher")).should().accessField(System.class, "out"));
        check(noClasses().that().resideOutsideOfPackage(named("launcher")).should().accessField(System.class, "err"));
    }

    /** So that a test may move it. The root is where the real one is handed in. */
    @Test
    void timeIsPassedIn() {
        check(noClasses().that().resideInAnyPackage(WAY.stream().map(ArchitectureTest::named).toArray(String[]::new))
            .should().callMethod(System.class, "nanoTime").orShould().callMethod(System.class, "currentTimeMillis"));
    }

    /** The exceptions are the server context of a WAR, since containers make the endpoints without a reference to it, and the servlet context, since beans are created without one. */
    @Test
    void nothingStaticChanges() {
        check(fields().that().areStatic().and().doNotHaveFullName(ROOT + ".connection.ServerContext.current")
            .and().doNotHaveFullName(ROOT + ".PartylineInitializer.starting").should().beFinal());
    }

    @Test
    void logsGoToTheSystemsLogger() {
        check(noClasses().that().resideOutsideOfPackage(named("launcher")).should().dependOnClassesThat().resideInAnyPackage("java.util.logging..", "org.slf4j.."));
    }

    @Test
    void whatIsThrownSaysWhatItIs() {
        check(GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS);
    }

    /** Surefire and failsafe go by these names: a test in a class of another name would never run. */
    @Test
    void testsAreWhereTheyAreRun() {
        methods().that().areMetaAnnotatedWith("org.junit.platform.commons.annotation.Testable").should().beDeclaredInClassesThat().haveNameMatching(".*(Test|IT)(\\$.*)?").check(TESTS);
    }

    @Test
    void namesSayWhatAndNotHow() {
        check(noClasses().should().haveNameMatching(".*(Manager|Helper|Util|Utils|Impl)").orShould().haveNameMatching(".*\\.Abstract[^.]*")
            .orShould().resideInAnyPackage("..util..", "..impl..", "..common.."));
    }

    /** It blocks for twenty seconds on one container and for ever on others: only a last word before a close may take it. */
    @Test
    void onlyTheSocketItselfMaySendAndWait() {
        check(noClasses().that().doNotHaveSimpleName("JakartaSocket").should().dependOnClassesThat().haveFullyQualifiedName("jakarta.websocket.RemoteEndpoint$Basic"));
    }

    private static boolean isTest(JavaClass type) {
        return ImportOption.Predefined.ONLY_INCLUDE_TESTS.includes(Location.of(type.getSource().orElseThrow().getUri()));
    }

    private static String named(String room) {
        return ROOT + "." + room;
    }

    private static void check(ArchRule rule) {
        rule.check(OURS);
    }
}
