package dev.partyline.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.connection.CallerRules;
import dev.partyline.line.CallerFacts;
import dev.partyline.testing.LogCapture;
import jakarta.websocket.server.HandshakeRequest;
import java.lang.reflect.Proxy;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.logging.Level;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HandshakeFactsTest {

    private static final CallerRules RULES = new CallerRules(Set.of("clerk", "boss", "odd"), Set.of("x-shop", "x-none"), Set.of("view", "größe", "none"), 100, false);

    /** A clerk; the container fails when it is asked for the role {@code odd}. */
    private static HandshakeRequest request(String query, Optional<String> user) {
        return (HandshakeRequest) Proxy.newProxyInstance(HandshakeFactsTest.class.getClassLoader(), new Class<?>[] {HandshakeRequest.class}, (proxy, method, arguments) -> switch (method.getName()) {
            case "getQueryString" -> query;
            case "getUserPrincipal" -> user.<Principal>map(name -> () -> name).orElse(null);
            case "isUserInRole" -> {
                if (arguments[0].equals("odd")) {
                    throw new IllegalStateException("no such role");
                }
                yield arguments[0].equals("clerk");
            }
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    private static CallerFacts facts(String query, Optional<String> user, Map<String, List<String>> headers) {
        Map<String, List<String>> received = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        received.putAll(headers);
        return HandshakeFacts.of(request(query, user), received, RULES, () -> Optional.of(Runnable::run), 0);
    }

    @Test
    void onlyTheChosenHeadersAreKept() {
        CallerFacts facts = facts(null, Optional.empty(), Map.of("X-Shop", List.of("a", "b"), "Cookie", List.of("secret"), "Authorization", List.of("Basic secret")));

        assertThat(facts.headers().get("x-shop")).hasValue("a, b");
        assertThat(facts.headers().get("x-none")).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> facts.headers().get("cookie"))
            .withMessage("\"cookie\" was not asked for at the handshake: add it to partyline.caller.headers");
        assertThat(facts.chars()).isEqualTo("x-shopa, b".length());
    }

    @Test
    void addressStandsForAHelloOfTheVersionThatItNames() {
        assertThat(HandshakeFacts.hello("a=b&partyline-hello=1&partyline-hello=2").orElseThrow().version()).isEqualTo(1);
        assertThat(HandshakeFacts.hello("partyline-hello=1").orElseThrow()).satisfies(hello -> {
            assertThat(hello.resume()).isEmpty();
            assertThat(hello.tabs()).isEmpty();
            assertThat(hello.token()).isEmpty();
            assertThat(hello.binary()).isTrue();
        });
        for (String query : new String[] {null, "", "hello=1", "partyline-hello", "partyline-hello=", "partyline-hello=-1", "partyline-hello=1x", "partyline-hello=1234567890"}) {
            assertThat(HandshakeFacts.hello(query)).as("%s", query).isEmpty();
        }
    }

    @Test
    void rolesAreThoseOfTheUserAndNoneWithoutOne() {
        CallerFacts ann = facts(null, Optional.of("ann"), Map.of());

        assertThat(ann.user()).hasValue("ann");
        assertThat(ann.roles().get("clerk")).isPresent();
        assertThat(ann.roles().get("boss")).isEmpty();
        assertThat(ann.roles().get("odd")).as("the container has failed").isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> ann.roles().get("captain"))
            .withMessage("\"captain\" was not asked for at the handshake: declare it as a security-role in web.xml, or add it to partyline.caller.roles");
        assertThat(facts(null, Optional.empty(), Map.of()).roles().get("clerk")).isEmpty();
    }

    @Test
    void rolesOfATokenReplaceThoseOfTheHandshake() {
        CallerFacts ann = facts(null, Optional.of("ann"), Map.of("X-Shop", List.of("a")));
        CallerFacts bob = ann.withToken("bob", Set.of("boss"));

        assertThat(bob.user()).hasValue("bob");
        assertThat(bob.roles().get("clerk")).isEmpty();
        assertThat(bob.roles().get("boss")).isPresent();
        assertThat(bob.roles().get("captain")).as("the verifier has told all roles").isEmpty();
        assertThat(bob.headers().get("x-shop")).hasValue("a");
        assertThat(ann.contexts()).isPresent();
        assertThat(bob.contexts()).as("handlers of bob do not run in the name of ann").isEmpty();
    }

    @Test
    void handshakeWithoutAUserHasNoContextsOfOne() {
        assertThat(facts(null, Optional.empty(), Map.of()).contexts()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"view=a%20b, view, a b", "x=1&view=a+b&view=c, view, a b", "view, view, ''", "vi%65w=%zz, view, %zz", "gr%C3%B6%C3%9Fe=1, größe, 1", "=&&view=1=2, view, 1=2"})
    void parameterIsReadAsABrowserHasWrittenIt(String query, String name, String value) {
        CallerFacts facts = facts(query, Optional.empty(), Map.of());

        assertThat(facts.parameters().get(name)).hasValue(value);
        assertThat(facts.parameters().get("none")).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> facts.parameters().get("x")).withMessageEndingWith("add it to partyline.caller.parameters");
    }

    @ParameterizedTest
    @CsvSource({"'de-AT,de;q=0.9,en;q=0.8', de-AT", "'en;q=0.1,fr', fr", "'*', ", "'', ", "'not a;q=language', "})
    void localeIsTheOneThatTheBrowserPrefers(String languages, String tag) {
        assertThat(facts(null, Optional.empty(), Map.of("Accept-Language", List.of(languages))).locale()).isEqualTo(Optional.ofNullable(tag).map(Locale::forLanguageTag));
    }

    @Test
    void languagesThatNoBrowserSendsAreNotRead() {
        assertThat(facts(null, Optional.empty(), Map.of("accept-language", List.of("en," + "x".repeat(1000)))).locale()).isEmpty();
    }

    @Test
    void rolesThatTheContainerDoesNotTellAreLoggedOnceAMinute() {
        HandshakeRequest request = request("", Optional.of("ann"));
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 10; i++) {
                HandshakeFacts.of(request, Map.of(), RULES, Optional::empty, Duration.ofDays(1).toNanos());
            }
            assertThat(log.messages(Level.WARNING)).hasSize(1).allMatch(message -> message.contains("the role odd"));
        }
    }
}
