package orders;

import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.security.enterprise.SecurityContext;
import java.security.Principal;

/** For the tests: a bean that is no EJB, with roles, and what Jakarta Security tells it of the caller. */
@ApplicationScoped
public class Vault {

    @Inject
    private Instance<SecurityContext> security;

    public String caller() {
        Principal caller = security.get().getCallerPrincipal();
        return caller == null ? "nobody" : caller.getName();
    }

    public boolean isCallerInRole(String role) {
        return security.get().isCallerInRole(role);
    }

    @RolesAllowed("clerk")
    public String open() {
        return "opened";
    }
}
