package dev.partyline.faults;

import dev.partyline.Partyline;
import dev.partyline.TopicHandle;
import dev.partyline.handler.Call;
import dev.partyline.handler.Handler;
import dev.partyline.wire.Position;
import dev.partyline.wire.RawJson;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * An application whose every run of a handler is published to {@code demo.ran}, and answered with where. Handlers of all three kinds: those that may block, quick ones
 * and those that answer later.
 */
@WebListener
public class CountingApplication implements ServletContextListener {

    static final String RAN = "demo.ran";
    private static final int LATER_MILLIS = 100;

    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        TopicHandle ran = partyline.topic(RAN);
        partyline.on("count", RawJson.class, call -> count(ran, call));
        partyline.on("countNonBlocking", RawJson.class, Handler.nonBlocking(call -> count(ran, call)));
        partyline.on("countLater", RawJson.class, call -> {
            RawJson counted = count(ran, call);
            return CompletableFuture.supplyAsync(() -> counted, task -> later.schedule(task, LATER_MILLIS, TimeUnit.MILLISECONDS));
        });
    }

    @Override
    public void contextDestroyed(ServletContextEvent event) {
        later.shutdownNow();
    }

    private static RawJson count(TopicHandle ran, Call<RawJson> call) {
        Position at = ran.publish(call.value());
        return new RawJson("[\"" + at.epoch() + "\"," + at.offset() + "]");
    }
}
