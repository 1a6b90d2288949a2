package dev.partyline.connection;

import dev.partyline.wire.CloseCode;
import java.util.Optional;

/**
 * What is known about a client from the WebSocket handshake.
 *
 * @param user      the user that the container authenticated
 * @param address   the client's address, if the container tells it
 * @param rejection the code to close the connection with, if the client may not connect. It is closed after the handshake, since browsers hide an
 *                  HTTP status from pages
 */
public record HandshakeInfo(Optional<String> user, Optional<String> address, Optional<CloseCode> rejection) {
}
