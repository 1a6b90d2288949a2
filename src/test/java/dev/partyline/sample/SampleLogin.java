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

/** Stands for the login of a container: the cookie {@code user} names who has logged in. */
@WebFilter(urlPatterns = "/line", asyncSupported = true)
public class SampleLogin extends HttpFilter {

    private static final long serialVersionUID = 1;

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain) throws IOException, ServletException {
        Optional<String> user = Stream.ofNullable(request.getCookies()).flatMap(Stream::of).filter(cookie -> cookie.getName().equals("user")).map(Cookie::getValue).findFirst();
        chain.doFilter(user.isEmpty() ? request : new HttpServletRequestWrapper(request) {

            @Override
            public Principal getUserPrincipal() {
                return user::get;
            }
        }, response);
    }
}
