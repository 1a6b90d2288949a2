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
import java.util.function.Consumer;

/**
 * Where the container's WebSockets come in. It translates and decides nothing.
 *
 * <p>It has no state; what belongs to a session is in its {@link Connection}. Nothing gets out of these methods: on some containers what does closes the
 * session, on others it leaves it open and dead.
 *
 * <p>It has two addresses, and so two subclasses: {@link WarEndpoint} is in the WAR, {@link JarEndpoint} in the jar that others put into theirs. The annotations are
 * theirs, since one container looks for them in no other class than the endpoint's own.
 */
public abstract class LineEndpoint {

    private static final System.Logger LOG = System.getLogger(LineEndpoint.class.getName());
    private static final String CONNECTION = "partyline.connection";

    public void onOpen(Session session, EndpointConfig config) {
        Optional<ServerContext> context = ServerContext.current();
        if (context.isEmpty()) {
            close(session);
            return;
        }
        // No idle timeout is set: Payara and GlassFish then close some sockets the moment they open (the one that counts for none, until then, is already under way).
        Connection connection = new Connection(context.get(), new JakartaSocket(session, context.get()), HandshakeConfigurator.handshakeInfo(config));
        session.getUserProperties().put(CONNECTION, connection);
        connection.onOpen();
    }

    public void onText(String part, boolean last, Session session) {
        handle(session, connection -> connection.onText(part, last));
    }

    /** Nobody speaks so. Without this method containers drop what comes so, and the client would wait for its answer for ever. */
    public void onBinary(ByteBuffer part, boolean last, Session session) {
        handle(session, connection -> connection.onBinary(part.remaining(), last));
    }

    private static void handle(Session session, Consumer<Connection> message) {
        Connection connection = connection(session);
        if (connection != null) {
            try {
                message.accept(connection);
            } catch (RuntimeException | Error e) {
                LOG.log(System.Logger.Level.ERROR, "a message could not be taken", e);
                connection.fail();
            }
        }
    }

    public void onPong(PongMessage pong, Session session) {
        Connection connection = connection(session);
        if (connection != null) {
            connection.onPong();
        }
    }

    public void onClose(Session session, CloseReason reason) {
        Connection connection = connection(session);
        if (connection != null) {
            connection.onClose(reason.getCloseCode().getCode());
        }
    }

    public void onError(Session session, Throwable failure) {
        // A browser that went away without a word, mostly. The close that follows is what counts.
        LOG.log(System.Logger.Level.DEBUG, "a session failed", failure);
    }

    private static void close(Session session) {
        try {
            session.close(new CloseReason(CloseReason.CloseCodes.getCloseCode(CloseCode.SHUTTING_DOWN.number()), "the application is not running"));
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "a close failed", e);
        }
    }

    private static Connection connection(Session session) {
        return (Connection) session.getUserProperties().get(CONNECTION);
    }
}
