package shop;

import jakarta.inject.Inject;
import jakarta.servlet.annotation.WebServlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

/** Pays by the till where CDI has brought one. */
@WebServlet("/pay")
public class PayDesk extends HttpServlet {

    private static final long serialVersionUID = 1;

    @Inject
    private transient Till till;

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
        if (till == null) {
            response.setStatus(HttpServletResponse.SC_NOT_IMPLEMENTED);
        } else {
            till.paid(request.getParameter("amount"));
        }
    }
}
