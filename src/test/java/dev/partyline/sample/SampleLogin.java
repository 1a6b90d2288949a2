package dev.partyline.sample;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebFilter;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.util.Optional;
import java.util.stream.Stream;

/** Stands for the login of a container: the cookie {@code user} names who has logged in, the cookie {@code role} a role of the user. */
@WebFilter(urlPatterns = "/line", asyncSupported = true)
public class SampleLogin extends HttpFilter {

    private static final long serialVersionUID = 1;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        Optional<String> user = cookie(request, "user");
        Optional<String> role = cookie(request, "role");
        chain.doFilter(user.isEmpty() ? request : new HttpServletRequestWrapper(request) {

            @Override
            public Principal getUserPrincipal() {
                return user::get;
            }

            @Override
            public boolean isUserInRole(String asked) {
                return role.filter(asked::equals).isPresent();
            }
        }, response);
    }

    private static Optional<String> cookie(HttpServletRequest request, String name) {
        return Stream.ofNullable(request.getCookies()).flatMap(Stream::of).filter(cookie -> cookie.getName().equals(name)).map(Cookie::getValue).findFirst();
    }
}
