package dev.partyline.line;

import java.security.Principal;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Who a client is, and what its handshake has reported of it. Taken at the handshake, since no container lets a request be asked later; so only those roles, headers and parameters are known that were
 * asked for then.
 *
 * <p>Immutable.
 *
 * @param principal  the user, as the container or the token verifier has authenticated it
 * @param roles      of the user
 * @param headers    of the handshake, by their names in small letters
 * @param parameters of the handshake's query
 * @param locale     the first one that the browser accepts
 * @param contexts   in which the container knows the user, if it propagates them
 * @param byToken    whether the token verifier has authenticated the user, and not the container
 */
public record CallerFacts(Optional<Principal> principal, Named roles, Named headers, Named parameters, Optional<Locale> locale, Optional<Executor> contexts, boolean byToken) {

    /** Of a client of which nothing is known. */
    public static final CallerFacts NONE = new CallerFacts(Optional.empty(), Named.NONE, Named.NONE, Named.NONE, Optional.empty(), Optional.empty(), false);

    /** Facts by their names. */
    public static final class Named {

        static final Named NONE = all(Map.of());

        private final Map<String, String> values;
        private final Optional<Set<String>> asked;
        private final String advice;

        private Named(Map<String, String> values, Optional<Set<String>> asked, String advice) {
            this.values = Map.copyOf(values);
            this.asked = asked.map(Set::copyOf);
            this.advice = advice;
        }

        /** All that there are. */
        public static Named all(Map<String, String> values) {
            return new Named(values, Optional.empty(), "");
        }

        /** All that there are, without values. */
        public static Named all(Set<String> names) {
            return all(names.stream().collect(Collectors.toMap(Function.identity(), name -> "")));
        }

        /**
         * Those that were asked for.
         *
         * @param asked  the names that were asked for
         * @param advice what to do if another one is needed, for the exception
         */
        public static Named of(Map<String, String> values, Set<String> asked, String advice) {
            return new Named(values, Optional.of(asked), advice);
        }

        /** @throws IllegalArgumentException if it was not asked for */
        public Optional<String> get(String name) {
            if (asked.isPresent() && !asked.get().contains(name)) {
                throw new IllegalArgumentException("\"" + name + "\" was not asked for at the handshake: " + advice);
            }
            return Optional.ofNullable(values.get(name));
        }

        private long chars() {
            return values.entrySet().stream().mapToLong(fact -> fact.getKey().length() + fact.getValue().length()).sum();
        }
    }

    /** Of a user, and nothing else. */
    public static CallerFacts ofUser(Optional<String> user) {
        return user.map(name -> NONE.withToken(name, Set.of())).orElse(NONE);
    }

    /** The same handshake, with the user and the roles of a token. */
    public CallerFacts withToken(String user, Set<String> tokenRoles) {
        return new CallerFacts(Optional.of(new User(user)), Named.all(tokenRoles), headers, parameters, locale, Optional.empty(), true);
    }

    public Optional<String> user() {
        return principal.map(Principal::getName);
    }

    /** What the headers and parameters take. */
    public long chars() {
        return headers.chars() + parameters.chars();
    }

    /** The user of a token. */
    private static final class User implements Principal {

        private final String name;

        private User(String name) {
            this.name = name;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof User user && user.name.equals(name);
        }

        @Override
        public int hashCode() {
            return name.hashCode();
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
