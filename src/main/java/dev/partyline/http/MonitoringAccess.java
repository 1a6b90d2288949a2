package dev.partyline.http;

import dev.partyline.connection.Authority;
import dev.partyline.connection.HostCheck;
import dev.partyline.line.AddressShare;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Optional;

/** Whether a request for metrics comes from this machine: only then it needs no key. */
final class MonitoringAccess {

    private MonitoringAccess() {
    }

    /** Not if a proxy has passed it on, and not under a name that another site may have pointed here (DNS rebinding). */
    static boolean isLocal(HttpServletRequest request, ApiKeyGuard guard) {
        return AddressShare.isLoopback(guard.shareOf(request))
            && Optional.ofNullable(request.getHeader("Host")).flatMap(Authority::parse).filter(host -> HostCheck.isUnregistrable(host.host())).isPresent();
    }
}
