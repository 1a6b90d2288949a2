package dev.partyline.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.Partyline;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The rest, with real containers, is in OrdersIT. */
class PartylineProducerTest {

    @Test
    void useBeforeTheStartIsRefusedWithAReason() {
        assertThatThrownBy(() -> new PartylineProducer().partyline()).isInstanceOf(IllegalStateException.class).hasMessageStartingWith("Partyline has not started, or has ended");
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
