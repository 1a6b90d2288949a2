package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.RegisterExtension;

/** A server that lets a line join more topics than a greeting can name. */
@InOneEngine
class ManyTopicsIT {

    /** A frame may have 1,000 members. */
    private static final int TOPICS = 1_100;
    private static final int AT_ONCE = 100;
    private static final Duration COMEBACK = Duration.ofSeconds(20);

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.topics", "1200", "partyline.rate", "10000", "partyline.rate.burst", "10000"));

    @OnEveryEngine
    void lineThatDroppedIsInAllOfThemAgain(Engine engine) {
        try (Session session = engine.session(); Session others = engine.session()) {
            LinePage page = LinePage.open(session, server);
            for (int from = 0; from < TOPICS; from += AT_ONCE) {
                page.tab().eval("(from, count) => Promise.all(Array.from({ length: count }, (_, i) => join('demo.' + (from + i)).ready)).then(() => null)", from, AT_ONCE);
            }
            RecordedSocket first = server.proxy().open().get(0);
            LinePage other = LinePage.open(others, server);

            first.cut();
            List<Integer> some = List.of(0, TOPICS / 2, TOPICS - 1);
            some.forEach(topic -> other.publish("demo." + topic, topic));

            page.ready(COMEBACK);
            await("what came meanwhile").until(() -> page.values().size() == some.size());
            assertThat(page.values()).containsExactlyInAnyOrderElementsOf(List.copyOf(some));
            assertThat(page.trouble()).isEmpty();
        }
    }
}
