package dev.partyline.endpoint;

import dev.partyline.connection.HandshakeInfo;
import dev.partyline.connection.ServerContext;
import dev.partyline.wire.CloseCode;
import jakarta.websocket.EndpointConfig;
import jakarta.websocket.Extension;
import jakarta.websocket.HandshakeResponse;
import jakarta.websocket.server.HandshakeRequest;
import jakarta.websocket.server.ServerEndpointConfig;
import java.security.Principal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Determines origin, user and address of a client during the WebSocket handshake.
 *
 * <p>A servlet filter would be the usual place, but Jetty bypasses filters on an upgrade.
 */
public class HandshakeConfigurator extends ServerEndpointConfig.Configurator {

    private static final System.Logger LOG = System.getLogger(HandshakeConfigurator.class.getName());
    private static final String HANDSHAKE_INFO = "partyline.handshake";
    /** Jetty, which bypasses filters, supplies the address here. */
    private static final String REMOTE_ADDRESS = "jakarta.websocket.endpoint.remoteAddress";

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
        Optional<String> address = HandshakeRequestFilter.address().or(() -> Optional.ofNullable(config.getUserProperties().get(REMOTE_ADDRESS)).map(Object::toString));
        Optional<CloseCode> rejection = mayConnect(headers, request, user) ? Optional.empty() : Optional.of(CloseCode.FORBIDDEN);
        config.getUserProperties().put(HANDSHAKE_INFO, new HandshakeInfo(user, address, rejection));
    }

    private static boolean mayConnect(Map<String, List<String>> headers, HandshakeRequest request, Optional<String> user) {
        Optional<String> origin = first(headers, "Origin");
        if (origin.isEmpty()) {
            // Browsers always send it. Other clients may omit it, unless they are logged in: a page of another origin could use the login of a browser.
            return user.isEmpty();
        }
        String scheme = Optional.ofNullable(request.getRequestURI().getScheme()).orElse("");
        boolean secure = scheme.equals("https") || scheme.equals("wss") || HandshakeRequestFilter.isSecure();
        boolean allowed = OriginCheck.isAllowed(origin.get(), secure, first(headers, "Host").orElse(""),
            ServerContext.current().map(context -> context.limits().admission().origins()).orElse(Set.of()));
        if (!allowed) {
            LOG.log(System.Logger.Level.WARNING, "rejected a page of another origin; to allow it, add it to partyline.origins: {0}", OriginCheck.printable(origin.get()));
        }
        return allowed;
    }

    private static Optional<String> first(Map<String, List<String>> headers, String name) {
        // One container returns an empty list for an absent header.
        return Optional.ofNullable(headers.get(name)).filter(values -> !values.isEmpty()).map(values -> values.get(0));
    }

    static HandshakeInfo handshakeInfo(EndpointConfig config) {
        return (HandshakeInfo) config.getUserProperties().get(HANDSHAKE_INFO);
    }
}
