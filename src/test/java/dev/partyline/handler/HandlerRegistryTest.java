package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class HandlerRegistryTest {

    private final HandlerRegistry handlers = new HandlerRegistry();

    @Test
    void nonBlockingHandlerSaysSo() {
        handlers.on("a", Object.class, Handler.nonBlocking(call -> null));
        handlers.on("b", Object.class, call -> null);

        assertThat(handlers.find(Optional.of("a")).orElseThrow().handler().isNonBlocking()).isTrue();
        assertThat(handlers.find(Optional.of("b")).orElseThrow().handler().isNonBlocking()).isFalse();
    }

    /** What an application compiled against the former name meets. */
    @Test
    @SuppressWarnings("removal")
    void formerNameFailsAndNamesTheNewOne() {
        assertThatThrownBy(() -> Handler.quick(call -> null)).isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("Handler.nonBlocking");
    }

    @Test
    void handlerThatOverridesTheFormerNameIsRejected() {
        Handler<Object> former = new Handler<>() {
            @Override
            public Object handle(Call<Object> call) {
                return null;
            }

            @Override
            @SuppressWarnings("removal")
            public boolean isQuick() {
                return true;
            }
        };

        assertThatThrownBy(() -> handlers.on("a", Object.class, former)).isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("Handler.isNonBlocking");
        assertThat(handlers.find(Optional.of("a"))).isEmpty();
    }
}
