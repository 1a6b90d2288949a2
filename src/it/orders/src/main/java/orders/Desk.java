package orders;

import jakarta.annotation.Resource;
import jakarta.annotation.security.PermitAll;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ejb.SessionContext;
import jakarta.ejb.Stateless;

/** An EJB with roles. */
@Stateless
public class Desk {

    @Resource
    private SessionContext context;

    @PermitAll
    public String caller() {
        return context.getCallerPrincipal().getName();
    }

    @RolesAllowed("clerk")
    public String openTill() {
        return "opened";
    }
}
