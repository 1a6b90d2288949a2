package orders;

import dev.partyline.handler.CallException;
import dev.partyline.handler.Handles;
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

    @PermitAll
    public boolean isCallerInRole(String role) {
        return context.isCallerInRole(role);
    }

    /** What an EJB throws, its callers get in an EJBException. */
    @PermitAll
    public String sell(String item) {
        throw new SoldOutException(item);
    }

    @Handles("refuseByEjb")
    @PermitAll
    public String refuse() {
        throw new CallException("closed", "the shop is closed", true);
    }

    @Handles("openTill")
    @RolesAllowed("clerk")
    public String openTill() {
        return "opened";
    }
}
