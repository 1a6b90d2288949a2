package dev.partyline.sample;

import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;
import java.util.Set;

/**
 * What begins with {@code open.} is open unless it was revoked, what begins with {@code of.USER.} is that user's, what begins with {@code clerks.}
 * that of users with the role clerk, and about {@code broken.} the policy itself fails.
 */
final class SamplePolicy implements AccessPolicy {

    private final Set<String> revoked;

    /** @param revoked topics that nobody may join any more */
    SamplePolicy(Set<String> revoked) {
        this.revoked = revoked;
    }

    @Override
    public boolean maySend(Caller caller, String type) {
        return !type.startsWith("closed.");
    }

    @Override
    public boolean mayJoin(Caller caller, String topic) {
        return !revoked.contains(topic) && (may(caller, topic) || topic.startsWith("read."));
    }

    @Override
    public boolean mayPublish(Caller caller, String topic) {
        return may(caller, topic);
    }

    private static boolean may(Caller caller, String topic) {
        if (topic.startsWith("broken.")) {
            throw new IllegalStateException("the policy's database is away");
        }
        return topic.startsWith("open.") || topic.startsWith("clerks.") && caller.isInRole("clerk") || caller.user().filter(user -> topic.startsWith("of." + user + ".")).isPresent();
    }
}
