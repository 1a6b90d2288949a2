package dev.partyline.container;

import dev.partyline.Partyline;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Put into the sample application for the tests: handlers that do what is hard on a container. */
@WebListener
public class ContainerTestHandlers implements ServletContextListener {

    static final int THREADS = 8;
    static final int SENDS = 200;
    static final int FLOOD_MESSAGES = 2_000;
    static final int FLOOD_CHARS = 16_000;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        partyline.on("explode", Object.class, call -> {
            throw new StackOverflowError("as deep as it gets");
        });
        partyline.on("burst", Object.class, call -> {
            List<Thread> threads = IntStream.range(0, THREADS).mapToObj(thread -> new Thread(() -> {
                for (int i = 0; i < SENDS; i++) {
                    partyline.toTab(call.tab(), "burst", List.of(thread, i));
                }
            })).toList();
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
            return THREADS * SENDS;
        });
        partyline.on("times", Object.class, call -> {
            ZonedDateTime time = ZonedDateTime.parse("2024-11-06T16:06:15.168+01:00[Europe/Berlin]");
            return Map.of("date", Date.from(time.toInstant()), "calendar", GregorianCalendar.from(time), "zoned", time);
        });
        partyline.on("int", Integer.class, call -> call.value());
        partyline.on("long", Long.class, call -> call.value());
        partyline.on("huge", Object.class, call -> Map.of("id", Long.MAX_VALUE));
        partyline.on("flood", Object.class, call -> {
            String much = "x".repeat(FLOOD_CHARS);
            for (int i = 0; i < FLOOD_MESSAGES; i++) {
                partyline.topic("files").publish("much", much);
            }
            return "flooded";
        });
        partyline.on("flood-everyone", Object.class, call -> {
            String much = "x".repeat(FLOOD_CHARS);
            for (int i = 0; i < FLOOD_MESSAGES; i++) {
                partyline.toAll("much", much);
            }
            return "flooded";
        });
    }
}
