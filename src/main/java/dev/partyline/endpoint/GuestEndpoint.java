package dev.partyline.endpoint;

import jakarta.websocket.server.ServerEndpoint;

/**
 * The line of an application that has Partyline's jar in its {@code WEB-INF/lib}: everything of Partyline is under {@code /partyline} there, and the line beside its
 * {@code worker.js} as well, where the worker looks for it. Not in the WAR, which is all Partyline.
 */
@ServerEndpoint(value = "/partyline/line", configurator = Handshake.class)
public class GuestEndpoint extends LineEndpoint {
}
