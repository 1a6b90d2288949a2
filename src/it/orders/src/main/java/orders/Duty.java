package orders;

import dev.partyline.Partyline;
import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Which clerks work now: what the application itself knows of roles, and changes while they are logged in. */
public class Duty implements AccessPolicy {

    private final Set<String> off = ConcurrentHashMap.newKeySet();

    /** By messages of the clerks, for the tests. */
    public void register(Partyline partyline) {
        partyline.on("endDuty", Object.class, call -> {
            String clerk = call.user().orElseThrow();
            off.add(clerk);
            return partyline.recheckUser(clerk);
        });
        partyline.on("beginDuty", Object.class, call -> {
            String clerk = call.user().orElseThrow();
            off.remove(clerk);
            // The browser connects again: a container that looks up the roles at each request has those of now.
            return partyline.closeLinesOfUser(clerk, 4100, "roles have changed");
        });
    }

    @Override
    public boolean mayJoin(Caller caller, String topic) {
        return topic.equals("counter") && caller.isInRole("clerk") && !off.contains(caller.user().orElseThrow());
    }
}
