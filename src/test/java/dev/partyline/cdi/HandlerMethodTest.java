package dev.partyline.cdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.handler.Call;
import dev.partyline.handler.CallException;
import dev.partyline.handler.Caller;
import dev.partyline.handler.HandlerOptions;
import dev.partyline.handler.HandlerRegistry;
import dev.partyline.handler.Handles;
import dev.partyline.test.TestCalls;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandlerMethodTest {

    public record Place(String name) {
    }

    @SuppressWarnings("unused")
    public static class Good<T> {

        @Handles("both")
        public String both(Place place, Call<?> call) {
            return place.name() + " " + call.type();
        }

        @Handles("reversed")
        public String reversed(Caller caller, Call<Place> call, Place place) {
            return call.value().name() + place.name() + caller.tab().orElseThrow();
        }

        @Handles("inCall")
        public String inCall(Call<Place> call) {
            return call.value().name();
        }

        @Handles("nothing")
        public void nothing() {
        }

        @Handles("anyCall")
        public Object anyCall(Call<?> call) {
            return call.value();
        }

        @Handles(value = "list", withinSeconds = 120, parallel = 3)
        public int list(List<Place> places) {
            return places.size();
        }

        @Handles("primitive")
        public int primitive(int number) {
            return number + 1;
        }

        @Handles("later")
        public CompletableFuture<String> later(String text) {
            return CompletableFuture.completedFuture(text);
        }

        @Handles(value = "throwing", nonBlocking = true)
        public void throwing(String text) throws IOException {
            throw new IOException(text);
        }
    }

    @SuppressWarnings("unused")
    public static class Bad<T> {

        @Handles("$hello")
        public void reserved() {
        }

        @Handles("status")
        public void event() {
        }

        @Handles("a")
        void hidden() {
        }

        @Handles("a")
        public static void fixed() {
        }

        @Handles("a")
        public void two(String one, Place other) {
        }

        @Handles("a")
        public void twoCalls(Call<?> one, Call<?> other) {
        }

        @Handles("a")
        public void contradiction(String one, Call<Place> call) {
        }

        @Handles("a")
        public void variable(List<T> values) {
        }

        @Handles("a")
        public Future<String> future() {
            return null;
        }

        @Handles(value = "a", withinSeconds = -1)
        public void negative() {
        }

        @Handles(value = "a", parallel = 2, nonBlocking = true)
        public void both() {
        }
    }

    @Test
    void parametersAreGivenByTheirTypeInAnyOrder() throws Exception {
        Good<?> bean = new Good<>();
        Call<Place> call = TestCalls.request("a", new Place("Rome"));

        assertThat(method(Good.class, "both").call(bean, call)).isEqualTo("Rome a");
        assertThat(method(Good.class, "reversed").call(bean, call)).isEqualTo("RomeRome" + TestCalls.TAB);
        assertThat(method(Good.class, "inCall").call(bean, call)).isEqualTo("Rome");
        assertThat(method(Good.class, "nothing").call(bean, call)).isNull();
        assertThat(method(Good.class, "primitive").call(bean, TestCalls.request("a", 41))).isEqualTo(42);
    }

    @ParameterizedTest
    @CsvSource({"both, Place", "reversed, Place", "inCall, Place", "list, List<dev.partyline.cdi.HandlerMethodTest$Place>", "primitive, int", "later, String", "nothing, RawJson", "anyCall, RawJson"})
    void valuesAreOfTheTypeOfTheirParameter(String name, String type) {
        assertThat(method(Good.class, name).value().getTypeName()).endsWith(type);
    }

    @Test
    void optionsAreThoseOfTheAnnotation() {
        HandlerRegistry handlers = new HandlerRegistry();
        HandlerOptions options = method(Good.class, "list").options();

        assertThat(options).usingRecursiveComparison().isEqualTo(HandlerOptions.standard().within(Duration.ofMinutes(2)).parallel(3));
        assertThat(method(Good.class, "throwing").options()).usingRecursiveComparison().isEqualTo(HandlerOptions.standard().nonBlocking());
        handlers.onGeneric("list", method(Good.class, "list").value(), call -> null, options);
        assertThat(handlers.latencies()).containsKey("list");
    }

    @Test
    void exceptionIsThatOfTheMethod() {
        assertThatThrownBy(() -> method(Good.class, "throwing").call(new Good<>(), TestCalls.request("a", "no disk"))).isInstanceOf(IOException.class).hasMessage("no disk");
        assertThatThrownBy(() -> method(Good.class, "primitive").call(new Good<>(), TestCalls.request("a", null))).isInstanceOfSatisfying(CallException.class,
            refused -> assertThat(refused.code()).isEqualTo("bad_value"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "reserved | type \"$hello\" must be 1 to 128 characters of A-Z a-z 0-9 _ . : / -",
        "event | type \"status\" cannot be received by pages, which use the names status, gap, upgrade, error for events of the line",
        "hidden | the method must be public, and not static",
        "fixed | the method must be public, and not static",
        "two | it has 2 parameters for the value, at most one is allowed, beside a Call and a Caller",
        "twoCalls | it may have one parameter for the Call, and one for the Caller",
        "contradiction | the value is a java.lang.String and the Call has another one",
        "variable | the type of its value has a type variable, so JSON cannot be mapped to it",
        "future | it returns a Future, which cannot be sent; return the value or a CompletionStage",
        "negative | within is PT-1S, must be positive and at most 365 days",
        "both | a handler that never blocks runs on the thread that reads the message, so parallel must be 1 and not 2",
    })
    void mistakeIsOneSentenceThatNamesTheMethod(String name, String rule) {
        assertThatThrownBy(() -> method(Bad.class, name)).isInstanceOf(IllegalArgumentException.class)
            .hasMessageMatching("\\Q" + Bad.class.getName() + "." + name + "\\E cannot handle type \"[a-z$]+\": \\Q" + rule + "\\E");
    }

    private static HandlerMethod method(Class<?> bean, String name) {
        Method method = Stream.of(bean.getDeclaredMethods()).filter(candidate -> candidate.getName().equals(name)).findFirst().orElseThrow();
        return new HandlerMethod(bean, method);
    }
}
