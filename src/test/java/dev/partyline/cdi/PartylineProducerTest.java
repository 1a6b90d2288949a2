package dev.partyline.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.Partyline;
import dev.partyline.PartylineInitializer;
import java.lang.reflect.Field;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rest, with real containers, is in OrdersIT. */
class PartylineProducerTest {

    @Test
    void useBeforeTheStartIsRefusedWithAReason() throws ReflectiveOperationException {
        // Another test of this JVM may have started an application.
        Field starting = PartylineInitializer.class.getDeclaredField("starting");
        starting.setAccessible(true);
        starting.set(null, null);
        assertThatThrownBy(() -> new PartylineProducer().partyline()).isInstanceOf(IllegalStateException.class).hasMessageStartingWith("Partyline has not started");
    }

    /** What CDI requires of a class of which it injects a proxy. */
    @Test
    void partylineCanHaveAProxy() {
        assertThat(Modifier.isFinal(Partyline.class.getModifiers())).isFalse();
        assertThat(Stream.of(Partyline.class.getDeclaredConstructors()).filter(constructor -> constructor.getParameterCount() == 0).map(Member::getModifiers))
            .singleElement().satisfies(modifiers -> assertThat(Modifier.isProtected(modifiers)).isTrue());
        assertThat(Stream.of(Partyline.class.getDeclaredMethods()).filter(method -> !Modifier.isPrivate(method.getModifiers()) && !Modifier.isStatic(method.getModifiers())))
            .isNotEmpty().noneMatch(method -> Modifier.isFinal(method.getModifiers()));
    }
}
