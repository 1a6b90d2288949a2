package dev.partyline.connection;

import dev.partyline.wire.CloseCode;
import java.util.Optional;

/**
 * Who knocks, as the handshake tells.
 *
 * @param user    whoever the container logged in
 * @param address where the connection comes from, if the container tells
 * @param rejection why the visitor must not come in; told by a close after the handshake, since browsers hide an HTTP status
 */
public record HandshakeInfo(Optional<String> user, Optional<String> address, Optional<CloseCode> rejection) {
}
