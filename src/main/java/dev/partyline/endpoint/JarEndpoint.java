package dev.partyline.endpoint;

import jakarta.websocket.CloseReason;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.OnClose;
import jakarta.websocket.OnError;
import jakarta.websocket.OnMessage;
import jakarta.websocket.OnOpen;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerEndpoint;
import java.nio.ByteBuffer;

/**
 * The endpoint of an application with Partyline's jar in its {@code WEB-INF/lib}. Everything of Partyline is under {@code /partyline} there; the worker expects the
 * endpoint in the folder of {@code worker.js}. Not in the WAR.
 */
@ServerEndpoint(value = "/partyline/line", configurator = HandshakeConfigurator.class)
public class JarEndpoint extends LineEndpoint {

    @Override
    @OnOpen
    public void onOpen(Session session, EndpointConfig config) {
        super.onOpen(session, config);
    }

    @Override
    @OnMessage
    public void onText(String part, boolean last, Session session) {
        super.onText(part, last, session);
    }

    @Override
    @OnMessage
    public void onBinary(ByteBuffer part, boolean last, Session session) {
        super.onBinary(part, last, session);
    }

    @Override
    @OnMessage
    public void onPong(PongMessage pong, Session session) {
        super.onPong(pong, session);
    }

    @Override
    @OnClose
    public void onClose(Session session, CloseReason reason) {
        super.onClose(session, reason);
    }

    @Override
    @OnError
    public void onError(Session session, Throwable failure) {
        super.onError(session, failure);
    }
}
