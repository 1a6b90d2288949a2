package orders;

import jakarta.servlet.ServletException;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;

/** Tells who is logged in, and logs out. For the tests, {@code ?only=session} ends the session alone, {@code ?only=login} the login alone, and {@code ?idle=20} is when the session expires. */
@WebServlet("/account/logout")
public class Logout extends HttpServlet {

    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        // Open Liberty has none for the login itself.
        HttpSession session = request.getSession();
        String idle = request.getParameter("idle");
        if (idle != null) {
            session.setMaxInactiveInterval(Integer.parseInt(idle));
        }
        response.setContentType("text/plain");
        response.getWriter().print(request.getRemoteUser());
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
        String only = request.getParameter("only");
        if (!"session".equals(only)) {
            request.logout();
        }
        if (!"login".equals(only) && request.getSession(false) != null) {
            request.getSession(false).invalidate();
        }
        response.setContentType("text/plain");
        response.getWriter().print("logged out");
    }
}
