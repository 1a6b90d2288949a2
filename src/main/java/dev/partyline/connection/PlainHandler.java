package dev.partyline.connection;

import dev.partyline.line.Line;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameReader;
import dev.partyline.wire.Position;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@link Connection} does differently while its client is a plain one: whether it is admitted, and how its messages are read.
 *
 * <p>Like the connection, it is called by one thread at a time.
 */
final class PlainHandler {

    private final ServerContext context;
    private final HandshakeInfo handshake;
    /** Where its broadcasts begin: at the handshake, since a client that only listens may not send anything for seconds. */
    private final Optional<Position> broadcastPosition;

    PlainHandler(ServerContext context, HandshakeInfo handshake) {
        this.context = context;
        this.handshake = handshake;
        this.broadcastPosition = Optional.of(context.topics.endOf(TopicRegistry.EVERYONE));
    }

    /** Where a line needs a user, a client whose user is not known from the handshake must send {@code $hello} with a token. */
    boolean isAllowed() {
        return context.limits.admission().plainClients() && (handshake.user().isPresent() || !context.limits.admission().userRequired());
    }

    Admission admit() throws ConnectionRejectedException {
        if (!isAllowed()) {
            CloseCode code = context.limits.admission().plainClients() ? CloseCode.NOT_AUTHENTICATED : CloseCode.NO_HELLO;
            throw new ConnectionRejectedException(code, "the first frame must be $hello");
        }
        Line.Attachment attachment = new Line.Attachment(false, 0, Map.of(TopicRegistry.EVERYONE, broadcastPosition), Map.of(), "");
        Line line = context.openLine(true, handshake.facts(), handshake.address());
        return new Admission(line, attachment, true, false, line.policyVersion());
    }

    /**
     * Reads a message as one frame, in which line feeds are white space.
     *
     * @param orHello whether the message may also be a {@code $hello}, behind which more frames follow line by line
     */
    void read(String message, boolean orHello, FrameReader.Listener listener) {
        if (orHello && beginsWithHello(message)) {
            context.reader.read(message, listener);
        } else {
            context.reader.readOne(message, listener);
        }
    }

    private static boolean beginsWithHello(String message) {
        int hello = message.indexOf("\"$hello\"");
        int end = message.indexOf('\n');
        return hello >= 0 && (end < 0 || hello < end);
    }
}
