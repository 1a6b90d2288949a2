package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;

import dev.partyline.testing.Golden;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Two applications beside Partyline on one container, neither of which knows of the other: their pages import {@code /partyline/main.js} and share one line, and their
 * back ends, which may be anywhere, publish over HTTP.
 */
@InOneEngine
@Except(modes = "direct", why = "a line that is not shared has one tab")
class BesideIT {

    private static final String KEY = "sesame";
    private static final String OPTIONS = "{\"token\":\"good:ann\"}";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(() -> TestApplication.server(Map.of("partyline.api.key", KEY, "partyline.hold", "1s")));

    @OnEveryEngine
    void pagesOfTwoApplicationsAreOneLineOnOneSocket(Engine engine) {
        int before = server.partyline().upgrades();
        try (Session session = engine.session()) {
            LinePage shop = open(session, "/pages");
            LinePage desk = open(session, "/desk");

            assertThat(server.proxy().sockets()).hasSize(1);
            assertThat(server.partyline().upgrades() - before).isEqualTo(1);
            for (LinePage page : List.of(shop, desk)) {
                await("each tab to know of both").until(() -> page.status("tabs").equals("2"));
                assertThat(page.status("mode")).isEqualTo("shared");
                assertThat(page.trouble()).isEmpty();
            }
            await("the lines of browsers that have gone to be forgotten").untilAsserted(() -> assertThat(lines().getInt("total")).isEqualTo(1));
            JsonObject connected = lines();
            assertThat(connected.getJsonArray("lines").getJsonObject(0).getJsonArray("tabs").toString()).contains(shop.id(), desk.id());
            assertThat(get("/metrics")).contains("\npartyline_lines 1.0\n", "\npartyline_lines_held 0.0\n", "\npartyline_tabs 2.0\n", "\npartyline_tabs_per_line 2.0\n");
        }
    }

    @OnEveryEngine
    void replyReachesThePageThatAskedAndABroadcastBoth(Engine engine) {
        try (Session session = engine.session()) {
            LinePage shop = open(session, "/pages").listen("note");
            LinePage desk = open(session, "/desk").listen("note");

            assertThat(shop.request("echo", "for the shop")).isEqualTo("for the shop");
            assertThat(desk.request("toAll", Map.of("text", "for both"))).isEqualTo(true);

            for (LinePage page : List.of(shop, desk)) {
                await("the broadcast").until(() -> page.values().equals(List.of("for both")));
            }
            assertThat(shop.posted("frame.re !== undefined")).hasSize(1);
            assertThat(desk.posted("frame.re !== undefined")).as("its own").hasSize(1);
            assertThat(desk.posted("JSON.stringify(frame).includes('for the shop')")).isEmpty();
        }
    }

    @OnEveryEngine
    void backEndsReachTopicTabUserAndEveryoneInBoth(Engine engine) {
        try (Session session = engine.session(); Session stranger = engine.session()) {
            LinePage shop = open(session, "/pages").listen("note").join("open.files");
            LinePage desk = open(session, "/desk").listen("note").join("open.files");
            LinePage other = LinePage.at(stranger, server.url("/desk" + address("{\"token\":\"good:bob\"}"))).ready().listen("note");
            assertThat(server.proxy().open()).as("one for each browser").hasSize(2);

            assertThat(post("/api/topics/open.files", "{\"value\":\"of the topic\"}")).isEqualTo(200);
            for (LinePage page : List.of(shop, desk)) {
                await("the topic's message").until(() -> page.values().equals(List.of("of the topic")));
            }
            assertThat(post("/api/users/ann", note("for ann"))).isEqualTo(200);
            assertThat(post("/api/tabs/" + desk.id(), note("for the desk"))).isEqualTo(200);
            assertThat(post("/api/all", note("for all"))).isEqualTo(200);

            await("what is for the shop").until(() -> shop.values().contains("for all"));
            await("what is for the desk").until(() -> desk.values().contains("for all") && desk.values().contains("for the desk"));
            await("what is for the other browser").until(() -> other.values().contains("for all"));
            assertThat(shop.values()).containsExactlyInAnyOrder("of the topic", "for ann", "for all");
            assertThat(desk.values()).containsExactlyInAnyOrder("of the topic", "for ann", "for the desk", "for all");
            assertThat(other.values()).containsExactly("for all");
        }
    }

    private static LinePage open(Session session, String application) {
        return LinePage.at(session, server.url(application + address(OPTIONS))).ready();
    }

    private static String address(String options) {
        return "/line.html?options=" + ServerExtension.encoded(options);
    }

    private static String note(String value) {
        return "{\"type\":\"note\",\"value\":\"" + value + "\"}";
    }

    private static JsonObject lines() {
        return Golden.parse(get("/api/lines"));
    }

    private static String get(String path) {
        return send(request(path).build()).body();
    }

    private static int post(String path, String body) {
        return send(request(path).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body)).build()).statusCode();
    }

    private static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.partyline().uri("/partyline" + path)).header("Authorization", "Bearer " + KEY);
    }

    private static HttpResponse<String> send(HttpRequest request) {
        try {
            return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError(request + " failed", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
