package dev.partyline.http;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.Statistics;
import dev.partyline.handler.Call;
import dev.partyline.handler.CallException;
import dev.partyline.line.AddressShare;
import java.util.Optional;
import java.util.function.Function;

/**
 * The handler behind {@code status.html}: replies with what sharing connections saves. If an API key is set, a request must contain it; if not, only the demo replies, and only to
 * lines of this machine. {@code partyline.metrics.public} opens it to everyone.
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
    private final ApiKeyGuard guard;
    private final Function<String, Optional<String>> shareOfLine;

    private StatusHandler(Partyline partyline, ApiKeyGuard guard, Function<String, Optional<String>> shareOfLine) {
        this.partyline = partyline;
        this.guard = guard;
        this.shareOfLine = shareOfLine;
    }

    /** @param shareOfLine the {@link AddressShare} of a line, if its client's address is known */
    public static void register(Partyline partyline, ApiKeyGuard guard, Function<String, Optional<String>> shareOfLine) {
        partyline.on(TYPE, Question.class, new StatusHandler(partyline, guard, shareOfLine)::handle);
    }

    private Status handle(Call<Question> call) {
        if (!partyline.settings().isOn(Setting.METRICS_PUBLIC)) {
            requireAccess(call);
        }
        Statistics statistics = partyline.statistics();
        return new Status(statistics.tabs(), statistics.lines() - statistics.heldLines(), statistics.heldLines(), statistics.topics(),
            statistics.received().messages(), statistics.sent().frames(), statistics.sent().batches(), statistics.sent().gaps(),
            statistics.sent().slowCloses());
    }

    private void requireAccess(Call<Question> call) {
        String key = call.value() == null || call.value().key() == null ? "" : call.value().key();
        Optional<String> share = shareOfLine.apply(call.line());
        switch (guard.check(BearerAuth.of(key), share.orElse("an unknown address"))) {
            case CLOSED -> {
                if (!partyline.settings().isOn(Setting.DEMO) || share.filter(AddressShare::isLoopback).isEmpty()) {
                    throw new CallException("forbidden", "the status is closed until partyline.api.key or partyline.metrics.public is set");
                }
            }
            case REJECTED -> throw new CallException("unauthenticated", "the status needs the API's key");
            case BLOCKED -> throw new CallException("rate_limited", "too many wrong keys came from this address; try again in a minute");
            case ALLOWED -> { }
        }
    }
}
