package dev.partyline.http;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.Statistics;
import dev.partyline.handler.Call;
import dev.partyline.handler.CallException;

/**
 * The handler behind {@code status.html}: replies with what sharing connections saves. If an API key is set, a request must contain it; if not, only
 * the demo replies.
 */
public final class StatusHandler {

    private static final String TYPE = "partyline.status";

    /** @param key the API key; null if the page has none */
    public record Question(String key) {
    }

    /**
     * @param tabs    open tabs
     * @param sockets WebSockets that they share
     * @param held    held lines
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
            statistics.received().messages(), statistics.sent().frames(), statistics.sent().batches(), statistics.sent().gaps(),
            statistics.sent().slowCloses());
    }
}
