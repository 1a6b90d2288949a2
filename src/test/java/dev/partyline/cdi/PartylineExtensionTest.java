package dev.partyline.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.handler.Handles;
import dev.partyline.testing.LogCapture;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.ConversationScoped;
import jakarta.enterprise.context.SessionScoped;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.AnnotatedMethod;
import jakarta.enterprise.inject.spi.AnnotatedType;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.ProcessManagedBean;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What fails a deployment, or is warned of, with events as a container of CDI sends them. The rest, with real containers, is in BeansIT and OrdersIT. */
class PartylineExtensionTest {

    private final PartylineExtension extension = new PartylineExtension(Duration.ofDays(1));

    @AfterEach
    void end() {
        extension.end(null);
    }

    @SuppressWarnings("unused")
    public static class Shop {

        @Handles("sell")
        public void sell(String item) {
        }
    }

    @SuppressWarnings("unused")
    public static class Rival {

        @Handles("sell")
        public void offer(String item) {
        }
    }

    /** Its own method handles the type. */
    @SuppressWarnings("unused")
    public static class Branch extends Shop {

        @Override
        @Handles("sell.branch")
        public void sell(String item) {
        }
    }

    /** It handles nothing. */
    public static class ClosedBranch extends Shop {

        @Override
        public void sell(String item) {
        }
    }

    @SuppressWarnings("unused")
    public interface Desk<T> {

        void take(T thing);
    }

    /** The compiler makes another method, {@code take(Object)}, with the same annotation. */
    public static class ParcelDesk implements Desk<String> {

        @Override
        @Handles("take")
        public void take(String parcel) {
        }
    }

    @SuppressWarnings("unused")
    public static class Faulty {

        @Handles("$hello")
        public void reserved() {
        }

        @Handles("two")
        public void two(String one, Integer other) {
        }
    }

    @Test
    void beansWithoutMistakesFailNothing() {
        add(Shop.class, ApplicationScoped.class, Shop.class);
        add(Branch.class, ApplicationScoped.class, Branch.class);
        add(ClosedBranch.class, ApplicationScoped.class, ClosedBranch.class);
        add(ParcelDesk.class, ApplicationScoped.class, ParcelDesk.class);

        assertThat(problems()).isEmpty();
    }

    @Test
    void twoHandlersOfATypeAreBothNamed() {
        add(Shop.class, ApplicationScoped.class, Shop.class);
        add(Rival.class, ApplicationScoped.class, Rival.class);

        assertThat(problems()).containsExactly("type \"sell\" has two handlers: " + Shop.class.getName() + ".sell and " + Rival.class.getName() + ".offer");
    }

    @ParameterizedTest
    @ValueSource(classes = {SessionScoped.class, ConversationScoped.class})
    void beanOfASessionCannotHandleMessages(Class<? extends Annotation> scope) {
        add(Shop.class, scope, Shop.class);

        assertThat(problems()).containsExactly(Shop.class.getName() + ".sell cannot handle type \"sell\": its bean is @" + scope.getSimpleName() + ", and a message belongs to no session");
    }

    /** As that of an EJB with an interface, or of a bean with {@code @Typed}. */
    @Test
    void beanThatDoesNotHaveItsClassAsATypeIsToldWhatToAdd() {
        add(ParcelDesk.class, ApplicationScoped.class, Desk.class, Object.class);

        assertThat(problems()).containsExactly(ParcelDesk.class.getName()
            + ".take cannot handle type \"take\": its class is no type of the bean; add @LocalBean to an EJB, or remove @Typed");
    }

    @Test
    void everyMistakeOfABeanIsTold() {
        add(Faulty.class, ApplicationScoped.class, Faulty.class);

        assertThat(problems()).hasSize(2).allMatch(problem -> problem.startsWith(Faulty.class.getName() + "."))
            .anyMatch(problem -> problem.contains("type \"$hello\" must be")).anyMatch(problem -> problem.contains("2 parameters for the value"));
    }

    /** As where an absolute-ordering hides the jar from the web application: CDI finds it all the same. */
    @Test
    void applicationThatDoesNotStartPartylineIsWarned() {
        try (LogCapture log = LogCapture.instead(Level.WARNING)) {
            new PartylineExtension(Duration.ofMillis(1)).validate(null);

            await().until(() -> !log.messages(Level.WARNING).isEmpty());
            assertThat(log.messages(Level.WARNING)).singleElement().asString().contains("has not started", "absolute-ordering", "Partyline.of");
        }
    }

    @Test
    void nobodyIsWarnedIfPartylineStartsOrTheApplicationEnds() {
        try (LogCapture log = LogCapture.instead(Level.WARNING)) {
            PartylineExtension started = new PartylineExtension(Duration.ofDays(1));
            started.validate(null);
            PartylineExtension ended = new PartylineExtension(Duration.ofDays(1));
            ended.validate(null);

            started.onStart();
            ended.end(null);

            await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals("partyline-start-check")));
            assertThat(log.messages(Level.WARNING)).isEmpty();
        }
    }

    private void add(Class<?> type, Class<? extends Annotation> scope, Type... types) {
        Bean<?> bean = proxy(Bean.class, Map.of("getScope", scope, "getTypes", Set.of(types)));
        Set<Object> methods = Stream.<Class<?>>iterate(type, Class::getSuperclass).takeWhile(one -> one != Object.class).flatMap(one -> Stream.of(one.getDeclaredMethods()))
            .map(PartylineExtensionTest::annotated).collect(Collectors.toSet());
        AnnotatedType<?> annotated = proxy(AnnotatedType.class, Map.of("getJavaClass", type, "getMethods", methods));
        ProcessManagedBean<?> event = proxy(ProcessManagedBean.class, Map.of("getBean", bean, "getAnnotatedBeanClass", annotated));
        extension.onBean(event);
    }

    private static AnnotatedMethod<?> annotated(Method method) {
        return proxy(AnnotatedMethod.class, Map.of("getJavaMember", method, "isAnnotationPresent", method.isAnnotationPresent(Handles.class)));
    }

    private List<String> problems() {
        List<String> problems = new ArrayList<>();
        extension.validate((AfterDeploymentValidation) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {AfterDeploymentValidation.class},
            (proxy, method, arguments) -> problems.add(((Throwable) arguments[0]).getMessage()) ? null : null));
        return problems;
    }

    /** @param answers by the names of methods */
    private static <T> T proxy(Class<T> type, Map<String, Object> answers) {
        return type.cast(Proxy.newProxyInstance(PartylineExtensionTest.class.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> switch (method.getName()) {
            case "hashCode" -> System.identityHashCode(proxy);
            case "equals" -> proxy == arguments[0];
            default -> answers.get(method.getName());
        }));
    }
}
