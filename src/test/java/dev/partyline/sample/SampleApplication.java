package dev.partyline.sample;

import dev.partyline.Partyline;
import dev.partyline.handler.AskException;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Handler;
import dev.partyline.topic.Retention;
import dev.partyline.wire.RawJson;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.security.Principal;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** An application as the README shows one, with a handler for whatever the tests of the server have to see from inside. */
@WebListener
public class SampleApplication implements ServletContextListener {

    private final AtomicInteger runs = new AtomicInteger();
    private final ConcurrentMap<String, CountDownLatch> gates = new ConcurrentHashMap<>();
    private final Set<String> revoked = ConcurrentHashMap.newKeySet();

    /** What {@code deleteFile} takes and answers with. */
    public record DeleteFile(String fileName, String deletedBy) {
    }

    /** What goes to a tab, a user or a topic, whichever {@code to} names. */
    public record Note(String to, String text) {
    }

    /** What a tab is asked, and for how many milliseconds. */
    public record Question(String tab, String type, String value, int within) {
    }

    /** How long the topics that begin with {@code open.state.} have a state. */
    private static final Duration STATE_AGE = Duration.ofSeconds(10);

    /** So many notes for a tab, by each of so many threads. */
    public record Burst(String to, int threads, int each) {
    }

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        partyline.policy(new SamplePolicy(revoked)).tokens(new SampleTokens()).listen(new EventHistory(partyline));
        partyline.retain("open.state.*", Retention.latest(STATE_AGE));
        Failures.handleOn(partyline);
        answer(partyline);
        address(partyline);
    }

    private void answer(Partyline partyline) {
        partyline.on("echo", RawJson.class, call -> call.value());
        partyline.on("later", RawJson.class, call -> CompletableFuture.supplyAsync(call::value));
        partyline.on("who", RawJson.class, call -> call.user().orElse("nobody"));
        partyline.on("caller", RawJson.class, call -> caller(call.caller()));
        partyline.on("tab", RawJson.class, call -> call.tab());
        partyline.on("deleteFile", DeleteFile.class, call -> {
            partyline.topic("open.files").publish("deleted", call.value());
            return call.value();
        });
        partyline.on("count", RawJson.class, call -> runs.incrementAndGet());
        partyline.on("wait", String.class, call -> {
            int run = runs.incrementAndGet();
            gate(call.value()).await();
            return run;
        });
        partyline.on("stubborn", String.class, call -> {
            while (gate(call.value()).getCount() > 0) {
                try {
                    gate(call.value()).await();
                } catch (InterruptedException e) {
                    // Ignored, as by code that waits for a socket.
                }
            }
            return null;
        });
        partyline.on("interrupted", RawJson.class, call -> {
            Thread.currentThread().interrupt();
            return "interrupted";
        });
        partyline.on("interrupted.non.blocking", RawJson.class, Handler.nonBlocking(call -> {
            Thread.currentThread().interrupt();
            return "interrupted";
        }));
        partyline.on("pause", RawJson.class, call -> {
            new CountDownLatch(1).await(1, TimeUnit.MILLISECONDS);
            return "paused";
        });
        partyline.on("release", String.class, call -> {
            gate(call.value()).countDown();
            return null;
        });
        partyline.on("revoke", String.class, call -> revoked.add(call.value()));
        partyline.on("ask", Question.class, call -> partyline.ask(call.value().tab(), call.value().type(), call.value().value(), RawJson.class, Duration.ofMillis(call.value().within()))
            .handle((answer, failure) -> failure == null ? Map.of("answer", answer.text()) : outcome(failure)));
        partyline.on("ask.and.wait", Question.class, call -> partyline.ask(call.value().tab(), call.value().type(), call.value().value(), Integer.class).toCompletableFuture().get());
        partyline.on("lines", RawJson.class, call -> partyline.statistics().lines());
    }

    private static Map<String, String> outcome(Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof AskException asked ? Map.of("reason", asked.reason().name(), "code", asked.code(), "message", asked.getMessage()) : Map.of("reason", cause.toString());
    }

    private static Map<String, String> caller(Caller caller) {
        caller.attributes().merge("calls", 1, (before, one) -> (Integer) before + 1);
        return Map.of("principal", caller.principal().map(Principal::getName).orElse("none"),
            "clerk", probe(() -> caller.isInRole("clerk")),
            "captain", probe(() -> caller.isInRole("captain")),
            "shop", probe(() -> caller.header("X-Shop").orElse("none")),
            "cookie", probe(() -> caller.header("Cookie").orElse("none")),
            "view", probe(() -> caller.parameter("view").orElse("none")),
            "locale", caller.locale().map(Locale::toLanguageTag).orElse("none"),
            "calls", String.valueOf(caller.attributes().get("calls")));
    }

    private static String probe(Supplier<?> fact) {
        try {
            return String.valueOf(fact.get());
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    private CountDownLatch gate(String name) {
        return gates.computeIfAbsent(name, unused -> new CountDownLatch(1));
    }

    private static void address(Partyline partyline) {
        partyline.on("toTab", Note.class, call -> partyline.toTab(call.value().to(), "note", call.value().text()));
        // The tabs of plain clients have no address.
        partyline.on("toPlain", Note.class, call -> {
            partyline.present().filter(Partyline.Presence::plain).forEach(plain -> partyline.toLine(plain.line(), "note", call.value().text()));
            return true;
        });
        partyline.on("toUser", Note.class, call -> {
            partyline.toUser(call.value().to(), "note", call.value().text());
            return true;
        });
        partyline.on("toAll", Note.class, call -> {
            partyline.toAll("note", call.value().text());
            return true;
        });
        partyline.on("publish", Note.class, call -> {
            partyline.topic(call.value().to()).publish("note", call.value().text());
            return true;
        });
        partyline.on("burst", Burst.class, call -> {
            Burst burst = call.value();
            for (int thread = 0; thread < burst.threads(); thread++) {
                int number = thread;
                new Thread(() -> {
                    for (int i = 0; i < burst.each(); i++) {
                        // The tab of a plain client has no address.
                        if (!partyline.toTab(burst.to(), "note", number + ":" + i)) {
                            partyline.toLine(call.caller().line(), "note", number + ":" + i);
                        }
                    }
                }, "sample-" + number).start();
            }
            return null;
        });
    }
}
