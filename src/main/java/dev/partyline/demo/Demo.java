package dev.partyline.demo;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.Statistics;
import dev.partyline.TopicHandle;
import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.CallException;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Handler;
import dev.partyline.handler.LineListener;
import dev.partyline.topic.Retention;
import dev.partyline.wire.RawJson;
import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The server of the demo pages, written as any application would write it.
 *
 * <p>It is open to everyone who can load the pages. Only what costs the server much more than it costs the client has to be switched on: storms.
 */
public final class Demo {

    private static final String TOPIC_PREFIX = "demo.";
    /** The topic of {@code bench.html}. */
    private static final String STORM_TOPIC = "demo.storm";
    private static final System.Logger LOG = System.getLogger(Demo.class.getName());
    private static final int MAX_STORM_MESSAGES = 20_000;
    private static final RawJson HUNDRED_CHARACTERS = new RawJson('"' + "x".repeat(98) + '"');

    private final AtomicBoolean stormRunning = new AtomicBoolean();

    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "partyline-demo");
        thread.setDaemon(true);
        return thread;
    });

    /** The reply to any message. */
    public record Hello(String messageFromServer) {
    }

    /** The broadcast some time after a line was opened. */
    public record Broadcast(String broadcast) {
    }

    /** The request of {@code bench.html}: so many messages, as fast as they can be published. */
    public record Storm(int messages) {
    }

    public Demo(Partyline partyline) {
        Duration after = partyline.settings().time(Setting.DEMO_BROADCAST_AFTER);
        partyline.onOthers(RawJson.class, Handler.nonBlocking(call -> new Hello("Hello tab id: " + call.tab())));
        if (partyline.settings().isOn(Setting.DEMO_STORMS)) {
            partyline.retain(STORM_TOPIC, Retention.history(MAX_STORM_MESSAGES, 8 << 20, Duration.ofSeconds(10)));
        }
        partyline.on(STORM_TOPIC, Storm.class, call -> storm(partyline, call.value() == null ? 0 : call.value().messages()));
        partyline.policy(new AccessPolicy() {
            @Override
            public boolean mayJoin(Caller caller, String topic) {
                return topic.startsWith(TOPIC_PREFIX);
            }

            @Override
            public boolean mayPublish(Caller caller, String topic) {
                return topic.startsWith(TOPIC_PREFIX);
            }

            @Override
            public boolean isNonBlocking() {
                return true;
            }
        });
        partyline.listen(new LineListener() {
            @Override
            public void lineOpened(Caller opened) {
                scheduler.schedule(() -> partyline.toLine(opened.line(), new Broadcast("A broadcast for all clients!")), after.toMillis(), TimeUnit.MILLISECONDS);
            }
        });
    }

    /**
     * Warns of a demo that is reachable from other machines.
     *
     * @param address where the server listens; empty if the container does not tell
     */
    public static void warnIfReachable(Optional<InetAddress> address) {
        if (address.filter(InetAddress::isLoopbackAddress).isEmpty()) {
            LOG.log(System.Logger.Level.WARNING, "The demo is on, and {0}: every client that reaches this server may join the topics {1}* and publish to them."
                + " Set {2} to false before you add an application", address.map(known -> "the server listens on " + known.getHostAddress())
                .orElse("the container does not tell on which addresses it listens"), TOPIC_PREFIX, Setting.DEMO.property());
        }
    }

    private Storm storm(Partyline partyline, int messages) {
        if (!partyline.settings().isOn(Setting.DEMO_STORMS)) {
            throw new CallException("disabled", "storms are off on this server: set " + Setting.DEMO_STORMS.property() + " to true");
        }
        if (messages < 2 || messages > MAX_STORM_MESSAGES) {
            throw new CallException("bad_value", "a storm of " + messages + " messages, it must have 2 to " + MAX_STORM_MESSAGES);
        }
        Statistics statistics = partyline.statistics();
        long lines = statistics.lines() - statistics.heldLines();
        int maxFrames = partyline.settings().count(Setting.DEMO_STORM_FRAMES);
        if (messages * lines > maxFrames) {
            throw new CallException("too_large", "a storm of " + messages + " messages to " + lines + " lines, "
                + Setting.DEMO_STORM_FRAMES.property() + " allows " + maxFrames + " frames");
        }
        if (!stormRunning.compareAndSet(false, true)) {
            throw new CallException("busy", "only one storm per second is allowed", true);
        }
        TopicHandle topic = partyline.topic(STORM_TOPIC);
        try {
            topic.publish("begin", HUNDRED_CHARACTERS);
            for (int published = 1; published < messages - 1; published++) {
                topic.publish(HUNDRED_CHARACTERS);
            }
            topic.publish("end", HUNDRED_CHARACTERS);
        } finally {
            // From its end on: on a slow machine two storms would overlap otherwise.
            scheduler.schedule(() -> stormRunning.set(false), 1, TimeUnit.SECONDS);
        }
        return new Storm(messages);
    }

    /** Ends the demo's thread, and returns when it has ended. */
    public void stop() {
        scheduler.shutdownNow();
        try {
            scheduler.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
