package dev.partyline;

import dev.partyline.connection.ServerContext;
import dev.partyline.handler.CommitActions;
import dev.partyline.handler.HandlerRegistry;
import dev.partyline.handler.ValueCodec;
import dev.partyline.line.LineRegistry;
import dev.partyline.topic.TopicRegistry;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;

/** What the test kit needs of a Partyline that applications do not. In the jar of the test kit only. */
public final class PartylineAccess {

    private final Partyline partyline;
    private final Partyline.Parts parts;

    private PartylineAccess(Partyline partyline) {
        this.partyline = partyline;
        this.parts = partyline.parts();
    }

    /**
     * Starts a Partyline without a container.
     *
     * @param commits what stands for the transactions of a container
     * @throws IllegalArgumentException for a setting that does not exist, or an invalid value
     */
    public static PartylineAccess start(Map<String, String> settings, LongSupplier nanoTime, CommitActions commits) {
        settings.keySet().forEach(PartylineAccess::require);
        Settings all = new Settings(setting -> Optional.ofNullable(settings.get(setting.property())), Set.of());
        Partyline partyline = new Partyline(all, Deployed.at("/test"), Thread.currentThread().getContextClassLoader(), nanoTime, commits);
        partyline.begin();
        return new PartylineAccess(partyline);
    }

    private static void require(String name) {
        for (Setting setting : Setting.values()) {
            if (setting.property().equals(name)) {
                return;
            }
        }
        throw new IllegalArgumentException("there is no setting " + name);
    }

    public Partyline partyline() {
        return partyline;
    }

    public ServerContext context() {
        return parts.context();
    }

    public HandlerRegistry handlers() {
        return parts.handlers();
    }

    public LineRegistry lines() {
        return parts.lines();
    }

    public TopicRegistry topics() {
        return parts.topics();
    }

    /** Whether no thread runs code of the application, or waits for one. */
    public boolean isIdle() {
        return parts.context().isIdle() && parts.dispatcher().isIdle() && parts.questions().isIdle();
    }

    public ValueCodec codec() {
        return parts.codec();
    }

    /** Runs the periodic checks that are due. */
    public void runDue() {
        parts.sweeps().runDue();
    }

    public void stop() {
        partyline.stop();
    }
}
