package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** A server that takes less than usual. What it would refuse is refused in the tab that says it, and endangers nobody's line. */
@InOneEngine
@InBothModes
class ServerLimitsIT {

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.json.depth", "4", "partyline.json.members", "8", "partyline.json.number.chars", "6",
        "partyline.name.chars", "12", "partyline.message.chars", "600"));

    /** What it just takes. A request has four members and one level of its own. */
    private static final List<String> FITS = List.of("[[[123456]]]", "{ a: 1, b: 2, c: 3, d: 4 }", "'x'.repeat(400)");
    private static final List<String> EXCEEDS = List.of("[[[[1]]]]", "1234567", "{ a: 1, b: 2, c: 3, d: 4, e: 5 }");

    @OnEveryEngine
    void whatTheServerTakesPassesAndNothingElse(Engine engine) {
        try (Session session = engine.session()) {
            LinePage page = LinePage.open(session, server);
            for (String value : FITS) {
                assertThat(page.outcome("line.request('greeting', " + value + ")")).as(value).containsKey("value");
            }
            // Three that reach the server would end the line.
            for (String value : EXCEEDS) {
                assertThat(page.outcome("line.request('greeting', " + value + ")")).as(value).containsEntry("code", "bad_value");
            }
            assertThat(page.outcome("line.request('greetinggreeting')")).containsEntry("code", "bad_value");
            assertThat(page.outcome("line.join('demo.too-long').ready")).containsEntry("code", "bad_value");
            assertThat(page.outcome("line.request('greeting', 'x'.repeat(600))")).containsEntry("code", "too_large");

            assertThat(server.proxy().open().get(0).down("bad_frame")).as("errors of the server").isEmpty();
            assertThat(page.request("greeting", null)).isNotNull();
            assertThat(server.proxy().sockets()).hasSize(1);
        }
    }

    @OnEveryEngine
    void whatWasSaidBeforeTheServerWasThereIsHeldToItsLimitsToo(Engine engine) {
        try (Session session = engine.session()) {
            server.proxy().handshakes(RecordingProxy.Handshakes.CAPTIVE);
            LinePage page = LinePage.at(session, server.url(LinePage.address("{}")));
            await("the page").until(() -> !page.status("state").equals("no line"));
            page.tab().eval("() => { window.odd = line.request('greeting', [[[[1]]]]); window.fits = line.request('greeting', [1]); odd.catch(() => {}); }");
            await("attempts in vain").until(() -> server.proxy().attempts() > 1);

            server.proxy().handshakes(RecordingProxy.Handshakes.PASS);

            assertThat(page.outcome("odd")).containsEntry("code", "bad_value");
            assertThat(page.outcome("fits")).containsKey("value");
            assertThat(server.proxy().open().get(0).down("bad_frame")).isEmpty();
        }
    }
}
