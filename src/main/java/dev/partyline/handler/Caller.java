package dev.partyline.handler;

import dev.partyline.line.CallerFacts;
import java.security.Principal;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The sender of a message, or the subject of an event.
 *
 * <p>What the handshake has reported of it is known for as long as the line lives: the roles of the user, and the headers and parameters that the settings {@code partyline.caller.headers} and
 * {@code partyline.caller.parameters} name. If the browser reconnects and resumes the line, the newer handshake counts from then on, and for the messages that follow; the user is always the same,
 * since a line is resumed by its own user only.
 *
 * <p>Immutable, but for the {@link #attributes}. Any thread may use it, also after its message was handled. Two callers are equal if line, tab and user are.
 */
public final class Caller {

    private final String line;
    private final Optional<String> tab;
    private final Optional<String> user;
    private final CallerFacts facts;
    private final Map<String, Object> attributes;

    Caller(String line, Optional<String> tab, Optional<String> user, CallerFacts facts, Map<String, Object> attributes) {
        this.line = line;
        this.tab = tab;
        this.user = user;
        this.facts = facts;
        this.attributes = attributes;
    }

    /** The browser's line, the same for all its tabs. */
    public String line() {
        return line;
    }

    /** The tab, if there is one. If a plain client uses the id of another line's tab, it is that id, {@code @} and the line. */
    public Optional<String> tab() {
        return tab;
    }

    /** The name of the user that the container or the token verifier authenticated. */
    public Optional<String> user() {
        return user;
    }

    /** The user as the container knows it, at the handshake; for the user of a token, a principal with its name. */
    public Optional<Principal> principal() {
        return facts.principal();
    }

    /**
     * Whether the user has a role: as the container reported at the handshake, or the {@link TokenVerifier}, if the user is that of a token. False without a user.
     *
     * @param role one that {@code web.xml} declares as a {@code security-role}, or that {@code partyline.caller.roles} names: a container tells of a role only if it is asked by its name, and
     *             only during the handshake
     * @throws IllegalArgumentException if it is neither, so that it is not known, and the user is not that of a token. An access policy that throws denies
     */
    public boolean isInRole(String role) {
        return facts.roles().get(role).isPresent();
    }

    /**
     * A header of the handshake, of any case; several of the same name are joined by a comma.
     *
     * @throws IllegalArgumentException if {@code partyline.caller.headers} does not name it
     */
    public Optional<String> header(String name) {
        return facts.headers().get(name.toLowerCase(Locale.ROOT));
    }

    /**
     * A parameter of the query of the address with which the page has connected, the first of its name.
     *
     * @throws IllegalArgumentException if {@code partyline.caller.parameters} does not name it
     */
    public Optional<String> parameter(String name) {
        return facts.parameters().get(name);
    }

    /** The language that the browser prefers. */
    public Optional<Locale> locale() {
        return facts.locale();
    }

    /**
     * What the application knows of the line: one map for all its tabs and all its connections, which ends with the line. Safe for threads; it takes no null. Its size is up to the
     * application, so put nothing into it that a client can make as large as it likes.
     */
    public Map<String, Object> attributes() {
        return attributes;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Caller caller && caller.line.equals(line) && caller.tab.equals(tab) && caller.user.equals(user);
    }

    @Override
    public int hashCode() {
        return 31 * line.hashCode() + tab.hashCode();
    }

    /** For the log. */
    @Override
    public String toString() {
        return "Caller[line=" + line + ", tab=" + tab.orElse("none") + ", user=" + user.orElse("none") + "]";
    }
}
