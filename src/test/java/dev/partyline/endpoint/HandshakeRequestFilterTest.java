package dev.partyline.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HandshakeRequestFilterTest {

    private final HandshakeRequestFilter filter = new HandshakeRequestFilter();

    /** @param contextPath as the request tells it */
    private static HttpServletRequest request(String contextPath, String contextPathOfApplication, String uri) {
        ServletContext application = proxy(ServletContext.class, (proxy, method, arguments) -> method.getName().equals("getContextPath") ? contextPathOfApplication : null);
        return proxy(HttpServletRequest.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "getServletContext" -> application;
            case "getContextPath" -> contextPath;
            case "getRequestURI" -> uri;
            case "getRemoteAddr" -> "192.0.2.1";
            case "getLocalAddr" -> "192.0.2.2";
            case "isSecure" -> true;
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(HandshakeRequestFilterTest.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private String passedOn(HttpServletRequest request) throws ServletException, IOException {
        List<ServletRequest> passed = new ArrayList<>();
        filter.doFilter(request, null, (next, response) -> passed.add(next));
        return ((HttpServletRequest) passed.get(0)).getRequestURI();
    }

    /** By an address without its context path, which the container's WebSocket needs to find the endpoint. */
    @Test
    void requestToTheDefaultWebModuleIsPassedOnWithItsContextPath() throws ServletException, IOException {
        assertThat(passedOn(request("", "/shop", "/partyline/line"))).isEqualTo("/shop/partyline/line");
    }

    @Test
    void otherRequestsArePassedOnAsTheyAre() throws ServletException, IOException {
        assertThat(passedOn(request("/shop", "/shop", "/shop/partyline/line"))).isEqualTo("/shop/partyline/line");
        assertThat(passedOn(request("", "", "/partyline/line"))).isEqualTo("/partyline/line");
    }

    @Test
    void addressesAreThoseOfTheRequestWhileItIsServed() throws ServletException, IOException {
        List<Optional<String>> addresses = new ArrayList<>();
        filter.doFilter(request("", "/shop", "/partyline/line"), null, (next, response) -> {
            addresses.add(HandshakeRequestFilter.address());
            addresses.add(HandshakeRequestFilter.localAddress());
            addresses.add(Optional.of("secure " + HandshakeRequestFilter.isSecure()));
        });

        assertThat(addresses).containsExactly(Optional.of("192.0.2.1"), Optional.of("192.0.2.2"), Optional.of("secure true"));
        assertThat(HandshakeRequestFilter.address()).isEmpty();
        assertThat(HandshakeRequestFilter.isSecure()).isFalse();
    }
}
