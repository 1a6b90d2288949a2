package dev.partyline.endpoint;

import dev.partyline.connection.Connection;
import dev.partyline.connection.ServerContext;
import dev.partyline.wire.CloseCode;
import jakarta.websocket.CloseReason;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.PongMessage;
import jakarta.websocket.Session;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The WebSocket endpoint: passes the container's events on to the {@link Connection} of a session, and decides nothing.
 *
 * <p>It has no state. No exception leaves the methods for messages: on some containers an exception closes the session, on others the session stays open and receives no more
 * messages.
 *
 * <p>There are two subclasses with different addresses: {@link WarEndpoint} in the WAR, {@link JarEndpoint} in the jar for other applications. They have the
 * annotations, because Open Liberty finds them in the endpoint's own class only.
 */
public abstract class LineEndpoint {

    private static final System.Logger LOG = System.getLogger(LineEndpoint.class.getName());
    private static final String CONNECTION = "partyline.connection";

    public void onOpen(Session session, EndpointConfig config) {
        Optional<ServerContext> context = ServerContext.current();
        if (context.isEmpty()) {
            close(session, "the application is not running");
            return;
        }
        try {
            open(session, config, context.get());
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "a connection could not be opened", e);
            // Else the socket would stay open, and what comes on it would be ignored.
            close(session, "internal error");
        }
    }

    private static void open(Session session, EndpointConfig config, ServerContext context) {
        // No idle timeout is set: on Payara and GlassFish it races with the check for having none, which then closes the socket as it opens.
        Connection connection = new Connection(context, new JakartaSocket(session, context, TomcatTraffic.of(config)), HandshakeConfigurator.handshakeInfo(config));
        session.getUserProperties().put(CONNECTION, connection);
        connection.onOpen();
    }

    public void onText(String part, boolean last, Session session) {
        Connection connection = connection(session);
        if (connection != null) {
            try {
                connection.onText(part, last);
            } catch (RuntimeException | Error e) {
                fail(connection, e);
            }
        }
    }

    /** Binary messages are not part of the protocol; without this method some containers drop them silently. */
    public void onBinary(ByteBuffer part, boolean last, Session session) {
        Connection connection = connection(session);
        if (connection != null) {
            try {
                connection.onBinary(part.remaining(), last);
            } catch (RuntimeException | Error e) {
                fail(connection, e);
            }
        }
    }

    private static void fail(Connection connection, Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "a message could not be processed", failure);
        } finally {
            // Without memory, the log throws too.
            connection.fail();
        }
    }

    public void onPong(PongMessage pong, Session session) {
        Connection connection = connection(session);
        if (connection != null) {
            connection.onPong(pong.getApplicationData());
        }
    }

    public void onClose(Session session, CloseReason reason) {
        Connection connection = connection(session);
        if (connection != null) {
            connection.onClose(reason.getCloseCode().getCode());
        }
    }

    public void onError(Session session, Throwable failure) {
        // Mostly a browser that has disconnected. The close event that follows is handled.
        LOG.log(System.Logger.Level.DEBUG, "a session failed", failure);
    }

    private static void close(Session session, String reason) {
        try {
            session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(CloseCode.SHUTTING_DOWN.number()), reason));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a close failed", e);
        }
    }

    private static Connection connection(Session session) {
        return (Connection) session.getUserProperties().get(CONNECTION);
    }
}
