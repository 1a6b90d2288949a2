package dev.partyline.launcher;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;
import org.apache.coyote.ActionCode;

/**
 * Closes the connection after a response to a request whose body was not read to its end, such as one without the API's key. Tomcat would wait for the rest of the body, on a thread
 * that others need.
 */
final class UnreadBodyValve extends ValveBase {

    UnreadBodyValve() {
        super(true);
    }

    @Override
    public void invoke(Request request, Response response) throws IOException, ServletException {
        try {
            getNext().invoke(request, response);
        } finally {
            if (hasBody(request) && !request.isAsync() && !request.isFinished()) {
                if (response.getStatus() < HttpServletResponse.SC_BAD_REQUEST) {
                    // A response that is not committed would become a 500.
                    response.flushBuffer();
                }
                request.getCoyoteRequest().action(ActionCode.DISABLE_SWALLOW_INPUT, null);
            }
        }
    }

    private static boolean hasBody(Request request) {
        try {
            return request.getContentLengthLong() > 0 || request.getHeader("Transfer-Encoding") != null;
        } catch (IllegalArgumentException e) {
            // Two different lengths: Tomcat has rejected the request, and closes the connection.
            return false;
        }
    }
}
