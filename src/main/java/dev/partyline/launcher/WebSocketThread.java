package dev.partyline.launcher;

import org.apache.tomcat.websocket.BackgroundProcess;
import org.apache.tomcat.websocket.BackgroundProcessManager;

/**
 * Keeps the thread of Tomcat that checks the timeouts of WebSockets.
 *
 * <p>Tomcat starts it with the first WebSocket and ends it with the last. If no thread can be started just then, each handshake fails half-way: Tomcat has opened the session, forgets its
 * socket, and never closes the session.
 */
final class WebSocketThread implements BackgroundProcess {

    private WebSocketThread() {
    }

    static void keep() {
        BackgroundProcessManager.getInstance().register(new WebSocketThread());
    }

    @Override
    public void backgroundProcess() {
        // The thread exists as long as something is registered.
    }

    @Override
    public void setProcessPeriod(int period) {
        // It does nothing in every period.
    }

    @Override
    public int getProcessPeriod() {
        return 1;
    }
}
