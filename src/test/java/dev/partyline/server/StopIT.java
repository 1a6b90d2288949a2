package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.RawClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The application is stopped, and started again, in the same JVM. */
@Timeout(90)
class StopIT {

    private static final int REDEPLOYS = 20;

    @Test
    void everyLineReceivesByeWithATimeToComeBackAndIsClosed() {
        List<PlainClient> lines = new ArrayList<>();
        try (TestApplication application = new TestApplication();
             PlainClient plain = new PlainClient(application.line()); PlainClient silent = new PlainClient(application.line());
             RawClient neverReads = new RawClient(application.port())) {
            for (int i = 0; i < 20; i++) {
                PlainClient line = new PlainClient(application.line());
                line.hello("\"tabs\":[\"stop-" + i + "\"]");
                lines.add(line);
            }
            plain.send("{\"data\":{\"type\":\"echo\",\"from\":\"t\",\"value\":1}}").next();
            lines.get(0).send("{\"type\":\"wait\",\"from\":\"stop-0\",\"id\":1,\"value\":\"never\"}");
            neverReads.send("{\"data\":{\"type\":\"echo\",\"from\":\"t\",\"value\":1}}");

            application.stop();

            Set<Integer> after = new HashSet<>();
            for (PlainClient line : lines) {
                JsonObject bye = line.next(frame -> frame.getString("type", "").equals("$bye"));
                assertThat(bye.getInt("code")).isEqualTo(4000);
                assertThat(bye.getInt("after")).isBetween(0, 4999);
                after.add(bye.getInt("after"));
                assertThat(line.closeCode()).isEqualTo(4000);
            }
            assertThat(after).as("spread, so that they do not all come back at once").hasSizeGreaterThan(10);
            assertThat(plain.closeCode()).isEqualTo(4000);
            assertThat(silent.closeCode()).isEqualTo(4000);
        } finally {
            lines.forEach(PlainClient::close);
        }
    }

    @Test
    void lineOfAServerThatWasStoppedIsANewOneWithAGapInItsTopics() {
        try (TestApplication application = new TestApplication(); PlainClient first = new PlainClient(application.line())) {
            JsonObject welcome = first.hello("\"topics\":{\"open.stop\":null}");
            application.stop();
            application.start();
            try (PlainClient back = new PlainClient(application.line())) {
                JsonObject again = back.resume(welcome, 0, "\"topics\":{\"open.stop\":" + welcome.getJsonObject("topics").getJsonObject("open.stop").getJsonArray("at") + "}");

                assertThat(again.getBoolean("resumed")).isFalse();
                assertThat(again.getJsonObject("topics").getJsonObject("open.stop").getBoolean("gap")).isTrue();
            }
        }
    }

    @Test
    void twentyRedeploysLeaveNoThreadNoBeanAndNoClassLoader() throws Exception {
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        try (TestApplication application = new TestApplication()) {
            for (int i = 0; i < REDEPLOYS; i++) {
                useIt(application, "redeploy-" + i);
                loaders.add(loader());
                application.stop();
                assertThat(threads()).as("threads after stop %d", i + 1).isEmpty();
                application.start();
            }
        }
        assertThat(ManagementFactory.getPlatformMBeanServer().queryNames(new ObjectName("dev.partyline:*"), null)).isEmpty();
        await().untilAsserted(() -> {
            System.gc();
            assertThat(loaders).as("class loaders of the redeploys, in order").allSatisfy(loader -> assertThat(loader.get()).isNull());
        });
    }

    /** Has every kind of thread and cache made: handlers, JSON-B, tokens, a held line, a request that never ends. */
    /** Else the confinement of lines to their event loops is checked by unit tests alone. */
    @Test
    void classesOfTheApplicationRunWithAssertions() throws ClassNotFoundException {
        try (TestApplication application = new TestApplication(); PlainClient line = new PlainClient(application.line())) {
            line.hello("");

            assertThat(loader().get().loadClass("dev.partyline.line.EventLoop").desiredAssertionStatus()).isTrue();
        }
    }

    private static void useIt(TestApplication application, String tab) {
        try (PlainClient line = new PlainClient(application.line()); PlainClient dropped = new PlainClient(application.line());
             PlainClient plain = new PlainClient(application.line())) {
            line.hello("\"tabs\":[\"" + tab + "\"],\"token\":\"good:ann\",\"topics\":{\"open.files\":null}");
            line.send("{\"type\":\"deleteFile\",\"from\":\"" + tab + "\",\"id\":1,\"value\":{\"fileName\":\"a\",\"deletedBy\":\"b\"}}",
                "{\"type\":\"fail.overflow\",\"from\":\"" + tab + "\",\"id\":2}");
            line.reply(2);
            line.send("{\"type\":\"wait\",\"from\":\"" + tab + "\",\"id\":3,\"value\":\"for ever\"}");
            dropped.hello("");
            dropped.drop();
            plain.send("{\"data\":{\"type\":\"later\",\"from\":\"t\",\"value\":1}}").next();
        }
    }

    private static WeakReference<ClassLoader> loader() {
        return Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().startsWith("partyline-event-loop"))
            .map(thread -> new WeakReference<>(thread.getContextClassLoader()))
            .findAny().orElseThrow();
    }

    private static Set<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName).filter(name -> name.startsWith("partyline-")).collect(Collectors.toSet());
    }
}
