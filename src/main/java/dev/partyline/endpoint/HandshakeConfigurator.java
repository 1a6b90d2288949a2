package dev.partyline.endpoint;

import dev.partyline.connection.AdmissionRules;
import dev.partyline.connection.Authority;
import dev.partyline.connection.CallerRules;
import dev.partyline.connection.HandshakeInfo;
import dev.partyline.connection.HostCheck;
import dev.partyline.connection.LoginSession;
import dev.partyline.connection.ServerContext;
import dev.partyline.connection.TrustedProxies;
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
import java.time.InstantSource;
import java.util.ArrayList;
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

    private static final String OTHER_ORIGIN = "pages of this origin may not connect";
    private static final String WITHOUT_ORIGIN = "a client with a login must send the Origin header: this server's own, or one of partyline.origins";

    private static final LogThrottle NO_ORIGINS = new LogThrottle();
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
        request.getHeaders().forEach((name, values) -> headers.computeIfAbsent(name, any -> new ArrayList<>()).addAll(values));
        Optional<String> peer = HandshakeRequestFilter.address().or(() -> supplied(config, REMOTE_ADDRESS));
        HandshakeRequestFilter.traffic().ifPresent(traffic -> traffic.attachTo(config));
        config.getUserProperties().put(HANDSHAKE_INFO, ServerContext.current().map(context -> handshakeInfo(config, headers, request, peer, context))
            // The endpoint closes the session, since the application is not running.
            .orElseGet(() -> rejected(peer, "the application is not running")));
    }

    private static HandshakeInfo handshakeInfo(EndpointConfig config, Map<String, List<String>> headers, HandshakeRequest request, Optional<String> peer, ServerContext context) {
        AdmissionRules admission = context.limits().admission();
        TrustedProxies.Route route = admission.proxies().route(peer, headers);
        Optional<String> address = route.client();
        Optional<String> rejection = rejection(config, headers, request, route, admission);
        if (rejection.isPresent()) {
            return rejected(address, rejection.get());
        }
        CallerRules rules = context.limits().caller();
        CallerFacts facts = HandshakeFacts.of(request, headers, rules, context.callContext()::captureUser, context.nanoTime().getAsLong());
        // Not without what is too long: the application may conclude something from its absence.
        return facts.chars() <= rules.chars() ? new HandshakeInfo(facts, address, session(request), HandshakeFacts.hello(request.getQueryString()), Optional.empty())
            : rejected(address, "the headers and parameters for the application have " + facts.chars() + " characters, at most " + rules.chars() + " are allowed");
    }

    /** None is created: a container may end the connection with it. */
    private static Optional<LoginSession> session(HandshakeRequest request) {
        return request.getHttpSession() instanceof HttpSession session ? Optional.of(new HttpLoginSession(session, InstantSource.system())) : Optional.empty();
    }

    private static HandshakeInfo rejected(Optional<String> address, String reason) {
        return new HandshakeInfo(CallerFacts.NONE, address, Optional.empty(), Optional.empty(), Optional.of(new Closing(CloseCode.FORBIDDEN, reason)));
    }

    private static Optional<String> supplied(EndpointConfig config, String property) {
        return Optional.ofNullable(config.getUserProperties().get(property))
            .map(value -> value instanceof InetSocketAddress socket && !socket.isUnresolved() ? socket.getAddress().getHostAddress() : value.toString());
    }

    /** Why a client may not connect; empty if it may. */
    private static Optional<String> rejection(EndpointConfig config, Map<String, List<String>> headers, HandshakeRequest request, TrustedProxies.Route route, AdmissionRules rules) {
        List<String> origins = headers.getOrDefault("Origin", List.of());
        if (origins.isEmpty()) {
            // Browsers always send it. Other clients may omit it, unless they are logged in: a page of another origin could use the login of a browser.
            if (request.getUserPrincipal() == null) {
                return Optional.empty();
            }
            warn(NO_ORIGINS, "rejected a client with a login and without an Origin header, from {0}; a client that is not a browser must send one, see PROTOCOL.md;"
                + " rejected since the last such message: {1}", route.client().orElse("an unknown address"));
            return Optional.of(WITHOUT_ORIGIN);
        }
        String origin = String.join(", ", origins);
        if (OriginCheck.isListed(origin, rules.origins())) {
            return Optional.empty();
        }
        boolean secure = route.secure().orElseGet(() -> isSecure(request));
        Optional<Authority> host = route.host().or(() -> Authority.parse(String.join(", ", headers.getOrDefault("Host", List.of()))));
        if (host.isEmpty() || !OriginCheck.isOwn(origin, secure, host.get())) {
            warn(OTHER_ORIGINS, "rejected a page of another origin; to allow it, add it to partyline.origins: {0}; rejected since the last such message: {1}", OriginCheck.printable(origin));
            return Optional.of(OTHER_ORIGIN);
        }
        Optional<String> localAddress = HandshakeRequestFilter.localAddress().or(() -> supplied(config, LOCAL_ADDRESS));
        if (HostCheck.isOwn(host.get().host(), rules.hosts(), new HostCheck.Way(secure, route.forwarded(), localAddress))) {
            return Optional.empty();
        }
        warn(OTHER_HOSTS, "rejected a page under a host name that may be another site''s (DNS rebinding); if it is this server''s, add it to partyline.hosts: {0};"
            + " rejected since the last such message: {1}", host.get().host());
        return Optional.of(OTHER_ORIGIN);
    }

    /** As far as the container knows. */
    private static boolean isSecure(HandshakeRequest request) {
        String scheme = Optional.ofNullable(request.getRequestURI().getScheme()).orElse("");
        return scheme.equals("https") || scheme.equals("wss") || HandshakeRequestFilter.isSecure();
    }

    private static void warn(LogThrottle throttle, String message, String subject) {
        ServerContext.current().map(context -> throttle.onEvent(context.nanoTime().getAsLong())).filter(count -> count > 0)
            .ifPresent(count -> LOG.log(System.Logger.Level.WARNING, message, subject, count));
    }

    static HandshakeInfo handshakeInfo(EndpointConfig config) {
        return (HandshakeInfo) config.getUserProperties().get(HANDSHAKE_INFO);
    }
}
