package dev.partyline.test;

import dev.partyline.line.CallerFacts;
import dev.partyline.line.CallerFacts.Named;
import java.security.Principal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a browser tells the server when it connects: who its user is, with which roles, and the headers and parameters that the application may know. Unlike in a container, roles, headers and
 * parameters that are not named here are absent, and not unknown.
 *
 * <p>Immutable: each method returns another one.
 */
public final class TestHandshake {

    private final Optional<String> user;
    private final Set<String> roles;
    private final Map<String, String> headers;
    private final Map<String, String> parameters;
    private final Optional<Locale> locale;

    private TestHandshake(Optional<String> user, Set<String> roles, Map<String, String> headers, Map<String, String> parameters, Optional<Locale> locale) {
        this.user = user;
        this.roles = roles;
        this.headers = headers;
        this.parameters = parameters;
        this.locale = locale;
    }

    /** Without a user. */
    public static TestHandshake anonymous() {
        return of(Optional.empty());
    }

    /** Of a user whom the container has authenticated, without roles. */
    public static TestHandshake of(String user) {
        return of(Optional.of(user));
    }

    static TestHandshake of(Optional<String> user) {
        return new TestHandshake(user, Set.of(), Map.of(), Map.of(), Optional.empty());
    }

    /** With more roles. */
    public TestHandshake roles(String... more) {
        Set<String> all = new HashSet<>(roles);
        all.addAll(Arrays.asList(more));
        return new TestHandshake(user, all, headers, parameters, locale);
    }

    /** With a header, in place of one of the same name; the name may be of any case. */
    public TestHandshake header(String name, String value) {
        return new TestHandshake(user, roles, with(headers, name.toLowerCase(Locale.ROOT), value), parameters, locale);
    }

    /** With a parameter of the query, in place of one of the same name. */
    public TestHandshake parameter(String name, String value) {
        return new TestHandshake(user, roles, headers, with(parameters, name, value), locale);
    }

    /** With the language that the browser prefers. */
    public TestHandshake locale(Locale preferred) {
        return new TestHandshake(user, roles, headers, parameters, Optional.of(preferred));
    }

    private static Map<String, String> with(Map<String, String> values, String name, String value) {
        Map<String, String> all = new HashMap<>(values);
        all.put(name, value);
        return all;
    }

    Optional<String> user() {
        return user;
    }

    CallerFacts facts() {
        Optional<Principal> principal = user.map(name -> () -> name);
        return new CallerFacts(principal, Named.all(principal.isPresent() ? roles : Set.of()), Named.all(headers), Named.all(parameters), locale, Optional.empty(), false);
    }
}
