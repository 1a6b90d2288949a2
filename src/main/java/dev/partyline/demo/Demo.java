package dev.partyline.demo;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Handler;
import dev.partyline.handler.LineListener;
import dev.partyline.wire.RawJson;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The conversation of the post that Partyline grew out of, written as any application would write it.
 *
 * <p>It is open to everyone, as a demo must be: whoever can load the page can talk to everyone else who has it open.
 */
public final class Demo {

    private static final String TOPICS = "demo.";

    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "partyline-demo");
        thread.setDaemon(true);
        return thread;
    });

    /** What a tab hears that said something. */
    public record Hello(String messageFromServer) {
    }

    /** What every tab hears some time after its line was opened. */
    public record Broadcast(String broadcast) {
    }

    public Demo(Partyline partyline) {
        Duration after = partyline.settings().time(Setting.DEMO_BROADCAST_AFTER);
        partyline.onOthers(RawJson.class, Handler.quick(call -> new Hello("Hello tab id: " + call.tab())));
        partyline.policy(new AccessPolicy() {
            @Override
            public boolean mayJoin(Caller caller, String topic) {
                return topic.startsWith(TOPICS);
            }

            @Override
            public boolean mayPublish(Caller caller, String topic) {
                return topic.startsWith(TOPICS);
            }
        });
        partyline.listen(new LineListener() {
            @Override
            public void lineOpened(Caller opened) {
                later.schedule(() -> partyline.toLine(opened.line(), new Broadcast("A broadcast for all clients!")), after.toMillis(), TimeUnit.MILLISECONDS);
            }
        });
    }

    /** Ends the demo's thread, and returns when it has ended. */
    public void stop() {
        later.shutdownNow();
        try {
            later.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
