package dev.partyline.http;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.Statistics;
import dev.partyline.handler.Call;
import dev.partyline.handler.CallException;

/**
 * Tells {@code status.html}, over the line itself, what sharing saves. It takes the API's key where one is set; where none is, only the demo answers.
 */
public final class StatusHandler {

    private static final String TYPE = "partyline.status";

    /** @param key the API's key; null where the page has none */
    public record Question(String key) {
    }

    /**
     * @param tabs    tabs that are open
     * @param sockets WebSockets that they share
     * @param held    lines that wait for their browser
     */
    public record Status(int tabs, int sockets, int held, int topics, long messagesIn, long framesOut, long messagesOut, long gaps, long slowCloses) {
    }

    private final Partyline partyline;

    private StatusHandler(Partyline partyline) {
        this.partyline = partyline;
    }

    public static void register(Partyline partyline) {
        partyline.on(TYPE, Question.class, new StatusHandler(partyline)::handle);
    }

    private Status handle(Call<Question> call) {
        String given = call.value() == null || call.value().key() == null ? "" : call.value().key();
        boolean allowed = switch (BearerAuth.check(partyline.settings().text(Setting.API_KEY), BearerAuth.of(given))) {
            case ALLOWED -> true;
            case REJECTED -> false;
            case CLOSED -> partyline.settings().isOn(Setting.DEMO);
        };
        if (!allowed) {
            throw new CallException("unauthenticated", "the status needs the API's key");
        }
        Statistics statistics = partyline.statistics();
        return new Status(statistics.tabs(), statistics.lines() - statistics.heldLines(), statistics.heldLines(), statistics.topics(),
            statistics.received().messages(), statistics.sent().frames(), statistics.sent().batches(), statistics.sent().gaps(), statistics.sent().slowCloses());
    }
}
