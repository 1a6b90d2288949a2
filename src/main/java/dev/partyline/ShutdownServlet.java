package dev.partyline;

import jakarta.servlet.GenericServlet;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;

/**
 * Triggers the shutdown from {@code destroy()}, which Tomcat calls before it closes WebSockets.
 *
 * <p>At the stop of an application, a listener of Tomcat closes all WebSockets with 1001 before Partyline's listener is called, and {@code $bye} could no longer be sent.
 * Servlets are destroyed before all listeners.
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
