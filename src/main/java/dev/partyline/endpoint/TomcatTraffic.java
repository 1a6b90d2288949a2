package dev.partyline.endpoint;

import dev.partyline.line.Socket;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.websocket.EndpointConfig;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;

/**
 * Tomcat's own statistics of one WebSocket. Tomcat answers pings itself, on the thread that reads for the client, without an event for the endpoint; but it counts all frames. The statistics
 * belong to the upgrade handler, a public method of which returns them: {@code org.apache.coyote.http11.upgrade.InternalHttpUpgradeHandler}. Tomcat creates the handler by a method of the
 * request after {@link HandshakeConfigurator} has run and before the endpoint is opened.
 */
final class TomcatTraffic implements Socket.Traffic {

    private static final System.Logger LOG = System.getLogger(TomcatTraffic.class.getName());
    private static final String TRAFFIC = "partyline.traffic";
    /** The size of the buffer in which Tomcat encodes a text; each filled buffer becomes one frame. */
    private static final String ENCODER_BUFFER = "org.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE";
    private static final int CHARS_OF_A_FRAME = Math.max(1, Integer.getInteger(ENCODER_BUFFER, 8192));

    private final MethodHandle bytesSent;
    private final MethodHandle framesSent;
    private final MethodHandle framesReceived;

    private TomcatTraffic(Object statistics) throws ReflectiveOperationException {
        this.bytesSent = counter(statistics, "getBytesSent");
        this.framesSent = counter(statistics, "getMsgsSent");
        this.framesReceived = counter(statistics, "getMsgsReceived");
    }

    private static MethodHandle counter(Object statistics, String getter) throws ReflectiveOperationException {
        return MethodHandles.publicLookup().findVirtual(statistics.getClass(), getter, MethodType.methodType(long.class)).bindTo(statistics);
    }

    /** Of the connection whose handshake this is the configuration of; empty if the container is not Tomcat. */
    static Optional<Socket.Traffic> of(EndpointConfig config) {
        return config.getUserProperties().get(TRAFFIC) instanceof Request request ? Optional.ofNullable(request.traffic) : Optional.empty();
    }

    @Override
    public long bytesSent() {
        return read(bytesSent);
    }

    @Override
    public long framesSent() {
        return read(framesSent);
    }

    @Override
    public long framesReceived() {
        return read(framesReceived);
    }

    @Override
    public int framesOfText(int chars) {
        return chars / CHARS_OF_A_FRAME + 1;
    }

    private static long read(MethodHandle counter) {
        try {
            return (long) counter.invokeExact();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a getter of Tomcat's statistics failed", e);
        }
    }

    /** The request of a handshake, which learns the upgrade handler that Tomcat creates for it. */
    static final class Request extends HttpServletRequestWrapper {

        /** Null until the handler is created. The handshake and the endpoint's opening may have different threads. */
        private volatile Socket.Traffic traffic;

        Request(HttpServletRequest request) {
            super(request);
        }

        void attachTo(EndpointConfig config) {
            config.getUserProperties().put(TRAFFIC, this);
        }

        @Override
        public <T extends HttpUpgradeHandler> T upgrade(Class<T> type) throws IOException, ServletException {
            T handler = super.upgrade(type);
            try {
                traffic = new TomcatTraffic(handler.getClass().getMethod("getUpgradeInfo").invoke(handler));
            } catch (ReflectiveOperationException | RuntimeException e) {
                LOG.log(System.Logger.Level.DEBUG, "the container does not tell what it writes to a WebSocket, so nothing is sent synchronously", e);
            }
            return handler;
        }
    }
}
