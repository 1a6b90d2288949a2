package dev.partyline;

import jakarta.servlet.GenericServlet;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;

/**
 * A servlet that serves nothing: it is there to be destroyed.
 *
 * <p>Tomcat's own context listener closes all WebSockets with a bare 1001 before it is our listener's turn, and a line could no longer say goodbye. Servlets
 * are destroyed before any listener hears.
 */
final class ShutdownServlet extends GenericServlet {

    private static final long serialVersionUID = 1;

    private final transient Runnable shutdown;

    ShutdownServlet(Runnable shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public void service(ServletRequest request, ServletResponse response) {
        throw new IllegalStateException("no request is mapped to this servlet");
    }

    @Override
    public void destroy() {
        shutdown.run();
    }
}
