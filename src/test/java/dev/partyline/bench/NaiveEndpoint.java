package dev.partyline.bench;

import jakarta.json.bind.Jsonb;
import jakarta.json.bind.JsonbBuilder;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import jakarta.websocket.CloseReason;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.Endpoint;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.MessageHandler;
import jakarta.websocket.Session;
import jakarta.websocket.server.ServerContainer;
import jakarta.websocket.server.ServerEndpointConfig;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What one writes first: a set of sessions, JSON-B, and a loop that sends to each. A session takes one send at a time, hence the lock.
 *
 * <p>It keeps none of our promises: a reader that stops holds up everyone behind it, and whoever drops has missed what was said.
 */
public class NaiveEndpoint extends Endpoint {

    private static final Jsonb JSON = JsonbBuilder.create();
    private static final Set<Session> SESSIONS = ConcurrentHashMap.newKeySet();

    public record Chat(String sent, String from, String body) {
    }

    public record Message(String type, Chat value) {
    }

    /** Puts it in its place. Its annotation would do, but embedded containers of other tests see this class too, and would find it. */
    @WebListener
    public static class Start implements ServletContextListener {

        @Override
        public void contextInitialized(ServletContextEvent event) {
            ServerContainer container = (ServerContainer) event.getServletContext().getAttribute(ServerContainer.class.getName());
            try {
                container.addEndpoint(ServerEndpointConfig.Builder.create(NaiveEndpoint.class, "/line").build());
            } catch (DeploymentException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void onOpen(Session session, EndpointConfig config) {
        SESSIONS.add(session);
        session.addMessageHandler(new MessageHandler.Whole<String>() {
            @Override
            public void onMessage(String text) {
                onText(text, session);
            }
        });
    }

    @Override
    public void onClose(Session session, CloseReason reason) {
        SESSIONS.remove(session);
    }

    @Override
    public void onError(Session session, Throwable error) {
        SESSIONS.remove(session);
    }

    private static void onText(String text, Session session) {
        Message message = JSON.fromJson(text, Message.class);
        String value = JSON.toJson(message.value());
        if (message.type().equals("publish")) {
            SESSIONS.forEach(each -> send(each, value));
        } else {
            send(session, value);
        }
    }

    private static void send(Session session, String text) {
        try {
            synchronized (session) {
                session.getBasicRemote().sendText(text);
            }
        } catch (IOException | IllegalStateException e) {
            SESSIONS.remove(session);
        }
    }
}
