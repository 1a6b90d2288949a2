package dev.partyline.endpoint;

import jakarta.websocket.server.ServerEndpoint;

/** The line of the WAR, beside its {@code worker.js}. Not in the jar: a host's {@code /line} is the host's. */
@ServerEndpoint(value = "/line", configurator = Handshake.class)
public class WarEndpoint extends LineEndpoint {
}
