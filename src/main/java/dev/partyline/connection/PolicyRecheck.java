package dev.partyline.connection;

import dev.partyline.handler.ApplicationPool;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Callers;
import dev.partyline.line.Line;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.FrameWriter.NotJoined;
import java.util.List;
import java.util.Optional;

/**
 * Asks the access policy again about the topics that a line has joined, because the application says that it may have another opinion by now. What it denies, the line is taken off.
 *
 * <p>The policy is asked by the pool that it is always asked by. A join about which it is asked at the same time is checked once more: the line counts the changes
 * ({@link Line#policyVersion}), and who has joined a topic after an older answer starts another check. If the policy does not answer in time, or the pool takes no more, the connection is
 * closed with 4006: when the client comes back, its {@code $hello} has the policy asked.
 *
 * <p>Any thread may call.
 */
final class PolicyRecheck {

    private final Authorizer authorizer;
    private final ApplicationPool pool;

    PolicyRecheck(Authorizer authorizer, ApplicationPool pool) {
        this.authorizer = authorizer;
        this.pool = pool;
    }

    void start(Line line) {
        line.onPolicyChanged();
        check(line);
    }

    /**
     * A topic was joined, or several.
     *
     * @param asked the version of the line before the policy was asked about them
     */
    void afterJoin(Line line, int asked) {
        if (line.policyVersion() != asked) {
            check(line);
        }
    }

    /** The event loop tells the topics: what was joined before is among them. */
    private void check(Line line) {
        line.withTopics(topics -> {
            if (!topics.isEmpty() && !pool.offer(line, () -> ask(line, topics))) {
                line.closeConnection(CloseCode.OVERLOADED, "too many clients wait for the access policy");
            }
        });
    }

    private void ask(Line line, List<String> topics) {
        Caller caller = Callers.of(line, Optional.empty());
        try {
            for (String topic : topics) {
                if (!authorizer.mayJoin(caller, topic)) {
                    line.takeOff(topic, NotJoined.noLonger());
                }
            }
        } catch (Authorizer.TimeoutException e) {
            line.closeConnection(CloseCode.OVERLOADED, e.getMessage());
        }
    }
}
