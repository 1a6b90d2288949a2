package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.net.CookieManager;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Set;
import java.util.stream.Collectors;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two versions of an application at one path, as Tomcat deploys {@code partyline##2.war} beside {@code partyline.war}. */
@Timeout(90)
class ParallelDeploymentIT {

    private static final int SHUTTING_DOWN = 4000;

    private final MBeanServer beans = ManagementFactory.getPlatformMBeanServer();

    @Test
    void clientsOfTheOldVersionAreSentToTheNewOneWithoutASilentLoss() throws Exception {
        try (TestApplication application = new TestApplication(); PlainClient old = new PlainClient(application.line()); PlainClient plain = new PlainClient(application.line())) {
            JsonObject welcome = old.hello("\"tabs\":[\"" + old.tab() + "\"],\"topics\":{\"open.files\":null}");
            plain.send("{\"data\":{\"type\":\"echo\",\"from\":\"t\",\"value\":1}}").next();

            Runnable undeploy = application.server().deployVersion("2");

            JsonObject bye = old.next("$bye");
            assertThat(bye.getInt("code")).isEqualTo(SHUTTING_DOWN);
            assertThat(bye.getInt("after")).isBetween(0, 4999);
            assertThat(bye.getString("reason")).isEqualTo("a newer version of the application has started");
            assertThat(old.closeCode()).isEqualTo(SHUTTING_DOWN);
            assertThat(plain.closeCode()).isEqualTo(SHUTTING_DOWN);
            try (PlainClient back = new PlainClient(application.line())) {
                JsonObject again = back.resume(welcome, 0, "\"tabs\":[\"" + old.tab() + "\"],\"topics\":{\"open.files\":"
                    + welcome.getJsonObject("topics").getJsonObject("open.files").getJsonArray("at") + "}");
                assertThat(again.getBoolean("resumed")).as("the new version").isFalse();
                assertThat(again.getJsonObject("topics").getJsonObject("open.files").getBoolean("gap")).isTrue();
                assertThat(lines("", 1) + " " + lines(",instance=2", 1)).as("of the old version, held, and of the new one").isEqualTo("1 1");

                undeploy.run();
                assertThat(back.next("$bye").getString("reason")).isEqualTo("the server is shutting down");
            }
            try (PlainClient back = new PlainClient(application.line())) {
                assertThat(back.resume(welcome, 0, "\"tabs\":[\"" + old.tab() + "\"]").getBoolean("resumed")).as("the old version serves again").isTrue();
                await().untilAsserted(() -> assertThat(beans.getAttribute(bean(""), "Superseded")).isEqualTo(false));
                back.send("{\"type\":\"echo\",\"from\":\"" + old.tab() + "\",\"id\":7,\"value\":1}");
                assertThat(back.reply(7).getInt("value")).isEqualTo(1);
            }
        }
    }

    /** Tomcat sends all requests of such a browser to the old version, also the handshake. */
    @Test
    void clientWithAnHttpSessionOfTheOldVersionStaysAsLongAsTheSession() throws Exception {
        HttpClient browser = HttpClient.newBuilder().cookieHandler(new CookieManager()).build();
        try (TestApplication application = new TestApplication()) {
            browser.send(HttpRequest.newBuilder(application.server().uri("/partyline/health?session=begin")).build(), HttpResponse.BodyHandlers.discarding());
            String cookie = ((CookieManager) browser.cookieHandler().orElseThrow()).getCookieStore().getCookies().get(0).toString();
            try (PlainClient old = new PlainClient(application.line(), "Cookie", cookie); PlainClient other = new PlainClient(application.line())) {
                JsonObject welcome = old.hello("\"tabs\":[\"" + old.tab() + "\"]");
                other.hello("");

                application.server().deployVersion("2");

                other.next("$bye");
                old.send("{\"type\":\"echo\",\"from\":\"" + old.tab() + "\",\"id\":1,\"value\":1}");
                assertThat(old.reply(1).getInt("value")).isEqualTo(1);
                try (PlainClient again = new PlainClient(application.line(), "Cookie", cookie)) {
                    assertThat(again.resume(welcome, 1, "\"tabs\":[\"" + old.tab() + "\"]").getBoolean("resumed")).as("by the old version").isTrue();

                    browser.send(HttpRequest.newBuilder(application.server().uri("/partyline/health?session=end")).build(), HttpResponse.BodyHandlers.discarding());

                    assertThat(again.next("$bye").getString("reason")).isEqualTo("a newer version of the application has started");
                }
            }
        }
    }

    @Test
    void mbeansOfTheVersionsTellThemApartAndGoWithThem() throws Exception {
        try (TestApplication application = new TestApplication()) {
            Runnable undeploy = application.server().deployVersion("2");
            assertThat(beans.getAttribute(bean(""), "Version") + "|" + beans.getAttribute(bean(",instance=2"), "Version")).isEqualTo("|2");
            await().untilAsserted(() -> assertThat(beans.getAttribute(bean(""), "Superseded") + "|" + beans.getAttribute(bean(",instance=2"), "Superseded")).isEqualTo("true|false"));
            Set<Thread> both = threads();

            undeploy.run();

            assertThat(beans.isRegistered(bean(",instance=2"))).isFalse();
            await().untilAsserted(() -> assertThat(both.stream().filter(Thread::isAlive)).hasSizeLessThanOrEqualTo(both.size() / 2));
        }
        assertThat(beans.queryNames(new ObjectName("dev.partyline:*"), null)).isEmpty();
        await().untilAsserted(() -> assertThat(threads()).isEmpty());
    }

    private int lines(String instance, int least) throws Exception {
        await().until(() -> (Integer) beans.getAttribute(bean(instance), "Lines") >= least);
        return (Integer) beans.getAttribute(bean(instance), "Lines");
    }

    private static ObjectName bean(String instance) throws Exception {
        return new ObjectName("dev.partyline:type=Partyline,context=\"/partyline\"" + instance);
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("partyline-")).collect(Collectors.toSet());
    }
}
