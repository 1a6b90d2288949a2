package dev.partyline.connection;

import dev.partyline.line.CallerFacts;
import dev.partyline.line.Closing;
import dev.partyline.wire.Frame;
import java.util.Optional;

/**
 * What is known about a client from the WebSocket handshake.
 *
 * @param facts     the user that the container authenticated, and what the application may know of the client
 * @param address   the client's address, if the container tells it
 * @param session   the HTTP session of the browser, if the application has made one
 * @param hello     the {@code $hello} that the address stands for, which then needs no round trip of its own
 * @param rejection what to close the connection with, if the client may not connect. It is closed after the handshake, since browsers hide an
 *                  HTTP status from pages
 */
public record HandshakeInfo(CallerFacts facts, Optional<String> address, Optional<LoginSession> session, Optional<Frame.Hello> hello, Optional<Closing> rejection) {

    /** The session in which the user has logged in, if there is one. */
    Optional<LoginSession> login() {
        return session.filter(known -> facts.principal().isPresent());
    }

    /** The user whom the container has authenticated without a session that the browser had. */
    Optional<String> userWithoutSession() {
        return user().filter(known -> session.map(LoginSession::isNew).orElse(true));
    }

    Optional<String> user() {
        return facts.user();
    }
}
