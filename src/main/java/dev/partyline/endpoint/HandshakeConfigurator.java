package dev.partyline.endpoint;

import dev.partyline.connection.AdmissionRules;
import dev.partyline.connection.Authority;
import dev.partyline.connection.CallerRules;
import dev.partyline.connection.ClientAddress;
import dev.partyline.connection.HandshakeInfo;
import dev.partyline.connection.HostCheck;
import dev.partyline.connection.LoginSession;
import dev.partyline.connection.ServerContext;
import dev.partyline.line.CallerFacts;
import dev.partyline.line.Closing;
import dev.partyline.stats.LogThrottle;
import dev.partyline.wire.CloseCode;
import jakarta.servlet.http.HttpSession;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.Extension;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.server.HandshakeRequest;
import jakarta.websocket.server.ServerEndpointConfig;
import java.net.InetSocketAddress;
import java.security.Principal;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Determines origin, user and address of a client during the WebSocket handshake.
 *
 * <p>A servlet filter would be the usual place, but Jetty bypasses filters on an upgrade.
 */
public class HandshakeConfigurator extends ServerEndpointConfig.Configurator {

    private static final System.Logger LOG = System.getLogger(HandshakeConfigurator.class.getName());
    private static final String HANDSHAKE_INFO = "partyline.handshake";
    /** Jetty, which bypasses filters, supplies the addresses here. */
    private static final String REMOTE_ADDRESS = "jakarta.websocket.endpoint.remoteAddress";
    private static final String LOCAL_ADDRESS = "jakarta.websocket.endpoint.localAddress";

    private static final LogThrottle OTHER_ORIGINS = new LogThrottle();
    private static final LogThrottle OTHER_HOSTS = new LogThrottle();

    @Override
    public <T> T getEndpointInstance(Class<T> type) throws InstantiationException {
        try {
            return type.getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw (InstantiationException) new InstantiationException(type.getName()).initCause(e);
        }
    }

    /** No extensions, so that nothing is compressed: compression costs 200 KB a session, and one kilobyte can decompress to many megabytes. */
    @Override
    public List<Extension> getNegotiatedExtensions(List<Extension> installed, List<Extension> requested) {
        return List.of();
    }

    /** Checked in {@link #modifyHandshake}, which knows the host, too. */
    @Override
    public boolean checkOrigin(String origin) {
        return true;
    }

    @Override
    public void modifyHandshake(ServerEndpointConfig config, HandshakeRequest request, HandshakeResponse response) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.putAll(request.getHeaders());
        Optional<String> user = Optional.ofNullable(request.getUserPrincipal()).map(Principal::getName);
        Optional<String> address = HandshakeRequestFilter.address().or(() -> supplied(config, REMOTE_ADDRESS)).map(remote -> ClientAddress.of(remote, headers.keySet()));
        HandshakeRequestFilter.traffic().ifPresent(traffic -> traffic.attachTo(config));
        config.getUserProperties().put(HANDSHAKE_INFO, handshakeInfo(config, headers, request, user, address));
    }

    private static HandshakeInfo handshakeInfo(EndpointConfig config, Map<String, List<String>> headers, HandshakeRequest request, Optional<String> user, Optional<String> address) {
        Optional<ServerContext> context = ServerContext.current();
        if (context.isEmpty() || !mayConnect(config, headers, request, user)) {
            return rejected(address, "pages of this origin may not connect");
        }
        CallerRules rules = context.get().limits().caller();
        CallerFacts facts = HandshakeFacts.of(request, headers, rules, context.get().callContext()::captureUser, context.get().nanoTime().getAsLong());
        // Not without what is too long: the application may conclude something from its absence.
        return facts.chars() <= rules.chars() ? new HandshakeInfo(facts, address, session(request), Optional.empty())
            : rejected(address, "the headers and parameters for the application have " + facts.chars() + " characters, at most " + rules.chars() + " are allowed");
    }

    /** None is created: a container may end the connection with it. */
    private static Optional<LoginSession> session(HandshakeRequest request) {
        return request.getHttpSession() instanceof HttpSession session ? Optional.of(new HttpLoginSession(session, InstantSource.system())) : Optional.empty();
    }

    private static HandshakeInfo rejected(Optional<String> address, String reason) {
        return new HandshakeInfo(CallerFacts.NONE, address, Optional.empty(), Optional.of(new Closing(CloseCode.FORBIDDEN, reason)));
    }

    private static Optional<String> supplied(EndpointConfig config, String property) {
        return Optional.ofNullable(config.getUserProperties().get(property))
            .map(value -> value instanceof InetSocketAddress socket && !socket.isUnresolved() ? socket.getAddress().getHostAddress() : value.toString());
    }

    private static boolean mayConnect(EndpointConfig config, Map<String, List<String>> headers, HandshakeRequest request, Optional<String> user) {
        List<String> origins = headers.getOrDefault("Origin", List.of());
        if (origins.isEmpty()) {
            // Browsers always send it. Other clients may omit it, unless they are logged in: a page of another origin could use the login of a browser.
            return user.isEmpty();
        }
        AdmissionRules rules = ServerContext.current().map(context -> context.limits().admission()).orElse(null);
        if (rules == null) {
            // The endpoint closes the session, since the application is not running.
            return false;
        }
        String scheme = Optional.ofNullable(request.getRequestURI().getScheme()).orElse("");
        boolean secure = scheme.equals("https") || scheme.equals("wss") || HandshakeRequestFilter.isSecure();
        String origin = String.join(", ", origins);
        if (OriginCheck.isListed(origin, rules.origins())) {
            return true;
        }
        Optional<Authority> host = Authority.parse(String.join(", ", headers.getOrDefault("Host", List.of())));
        if (host.isEmpty() || !OriginCheck.isOwn(origin, secure, host.get())) {
            warn(OTHER_ORIGINS, "rejected a page of another origin; to allow it, add it to partyline.origins: {0}; rejected since the last such message: {1}", origin);
            return false;
        }
        Optional<String> localAddress = HandshakeRequestFilter.localAddress().or(() -> supplied(config, LOCAL_ADDRESS));
        boolean own = HostCheck.isOwn(host.get().host(), rules.hosts(), new HostCheck.Way(secure, ClientAddress.isForwarded(headers.keySet()), localAddress));
        if (!own) {
            warn(OTHER_HOSTS, "rejected a page under a host name that may be another site''s (DNS rebinding); if it is this server''s, add it to partyline.hosts: {0};"
                + " rejected since the last such message: {1}", host.get().host());
        }
        return own;
    }

    private static void warn(LogThrottle throttle, String message, String header) {
        ServerContext.current().map(context -> throttle.onEvent(context.nanoTime().getAsLong())).filter(count -> count > 0)
            .ifPresent(count -> LOG.log(System.Logger.Level.WARNING, message, OriginCheck.printable(header), count));
    }

    static HandshakeInfo handshakeInfo(EndpointConfig config) {
        return (HandshakeInfo) config.getUserProperties().get(HANDSHAKE_INFO);
    }
}
