package dev.partyline.endpoint;

import dev.partyline.line.Socket;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpUpgradeHandler;
import jakarta.websocket.EndpointConfig;
import java.io.IOException;
import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;

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

    private final Object statistics;
    private final Getters getters;

    /**
     * The getters of the statistics, which all connections share. They are compiled as if they were called in the source: several calls of a method handle for each message cost a tenth of a
     * fan-out.
     *
     * @param type the class of the statistics
     */
    record Getters(Class<?> type, ToLongFunction<Object> bytesSent, ToLongFunction<Object> framesSent, ToLongFunction<Object> framesReceived) {

        private static Getters of(Class<?> type) throws ReflectiveOperationException {
            return new Getters(type, getter(type, "getBytesSent"), getter(type, "getMsgsSent"), getter(type, "getMsgsReceived"));
        }

        @SuppressWarnings("unchecked")
        private static ToLongFunction<Object> getter(Class<?> type, String name) throws ReflectiveOperationException {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            MethodHandle method = lookup.findVirtual(type, name, MethodType.methodType(long.class));
            try {
                return (ToLongFunction<Object>) LambdaMetafactory.metafactory(lookup, "applyAsLong", MethodType.methodType(ToLongFunction.class),
                    MethodType.methodType(long.class, Object.class), method, MethodType.methodType(long.class, type)).getTarget().invoke();
            } catch (RuntimeException | Error | ReflectiveOperationException e) {
                throw e;
            } catch (Throwable e) {
                throw new ReflectiveOperationException("no call of " + type.getName() + "." + name, e);
            }
        }
    }

    private TomcatTraffic(Object statistics, Getters getters) {
        this.statistics = statistics;
        this.getters = getters;
    }

    /** Of the connection whose handshake this is the configuration of; empty if the container is not Tomcat. */
    static Optional<Socket.Traffic> of(EndpointConfig config) {
        return config.getUserProperties().get(TRAFFIC) instanceof Request request ? Optional.ofNullable(request.traffic) : Optional.empty();
    }

    @Override
    public long bytesSent() {
        return getters.bytesSent.applyAsLong(statistics);
    }

    @Override
    public long framesSent() {
        return getters.framesSent.applyAsLong(statistics);
    }

    @Override
    public long framesReceived() {
        return getters.framesReceived.applyAsLong(statistics);
    }

    @Override
    public int framesOfText(int chars) {
        return chars / CHARS_OF_A_FRAME + 1;
    }

    /** The request of a handshake, which learns the upgrade handler that Tomcat creates for it. */
    static final class Request extends HttpServletRequestWrapper {

        private final AtomicReference<Getters> getters;
        /** Null until the handler is created. The handshake and the endpoint's opening may have different threads. */
        private volatile Socket.Traffic traffic;

        /** @param getters those of the last connection, or null */
        Request(HttpServletRequest request, AtomicReference<Getters> getters) {
            super(request);
            this.getters = getters;
        }

        void attachTo(EndpointConfig config) {
            config.getUserProperties().put(TRAFFIC, this);
        }

        @Override
        public <T extends HttpUpgradeHandler> T upgrade(Class<T> type) throws IOException, ServletException {
            T handler = super.upgrade(type);
            try {
                Object statistics = handler.getClass().getMethod("getUpgradeInfo").invoke(handler);
                traffic = new TomcatTraffic(statistics, gettersOf(statistics.getClass()));
            } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
                LOG.log(System.Logger.Level.DEBUG, "the container does not tell what it writes to a WebSocket, so nothing is sent synchronously", e);
            }
            return handler;
        }

        private Getters gettersOf(Class<?> statistics) throws ReflectiveOperationException {
            Getters last = getters.get();
            if (last == null || last.type != statistics) {
                last = Getters.of(statistics);
                getters.set(last);
            }
            return last;
        }
    }
}
