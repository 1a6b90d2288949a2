package dev.partyline.http;

import dev.partyline.Partyline;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;

/**
 * Health checks for load balancers and orchestrators: {@code health/live} answers with 503 if only a restart helps; {@code health/ready}, and {@code health} itself, with 503 and the
 * reason if new browsers should go elsewhere.
 */
public class HealthServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private transient Partyline partyline;

    @Override
    public void init() {
        partyline = Partyline.of(getServletContext());
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo() == null ? "/ready" : request.getPathInfo();
        switch (path) {
            case "/live" -> {
                boolean live = partyline.health().live();
                answer(response, live, live ? "live" : "stalled");
            }
            case "/ready" -> {
                Optional<String> notReady = partyline.health().notReady();
                answer(response, notReady.isEmpty(), notReady.orElse("ready"));
            }
            default -> response.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    private static void answer(HttpServletResponse response, boolean good, String status) throws IOException {
        response.setStatus(good ? HttpServletResponse.SC_OK : HttpServletResponse.SC_SERVICE_UNAVAILABLE);
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.getOutputStream().print("{\"status\":\"" + status + "\"}");
    }
}
