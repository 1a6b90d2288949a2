package dev.partyline.connection;

import java.util.Set;

/**
 * What a handshake tells the application of its client, and what a client that has logged in may do besides.
 *
 * @param roles      that the container is asked about
 * @param headers    in small letters
 * @param parameters of the query
 * @param chars      how long the chosen headers and parameters may be together
 * @param keepsSession whether what its tabs send keeps its HTTP session alive
 */
public record CallerRules(Set<String> roles, Set<String> headers, Set<String> parameters, int chars, boolean keepsSession) {

    public CallerRules {
        roles = Set.copyOf(roles);
        headers = Set.copyOf(headers);
        parameters = Set.copyOf(parameters);
        if (chars < 1) {
            throw new IllegalArgumentException("chars is " + chars + ", must be positive");
        }
    }
}
