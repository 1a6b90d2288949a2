package dev.partyline.testing;

import dev.partyline.testing.LineClient.Rejected;
import dev.partyline.testing.LineClient.Unknown;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** What a {@link LineClient} has asked and was not answered yet. Belongs to the client's thread. */
final class LineClientRequests {

    private final TreeMap<Long, Request> pending = new TreeMap<>();
    private long lastId;

    private record Request(String text, Optional<String> joins, CompletableFuture<Optional<JsonValue>> reply) {
    }

    /** A new request; its frame. */
    String made(String members, Optional<String> joins, CompletableFuture<Optional<JsonValue>> reply) {
        String text = "{\"id\":" + ++lastId + "," + members + "}";
        pending.put(lastId, new Request(text, joins, reply));
        return text;
    }

    /** A reply. One that comes again is no news. */
    void answered(JsonObject frame, BiConsumer<String, JsonObject> joined) {
        Optional.ofNullable(pending.remove(frame.getJsonNumber("re").longValueExact())).ifPresent(request -> {
            if (frame.containsKey("error")) {
                request.reply().completeExceptionally(new Rejected(frame.getJsonObject("error")));
            } else {
                request.joins().ifPresent(topic -> joined.accept(topic, frame.getJsonObject("value")));
                request.reply().complete(Optional.ofNullable(frame.get("value")));
            }
        });
    }

    /** The hello has named their topics already; to join again would be to go back. */
    void settleJoins(JsonObject places) {
        List<Request> joins = pending.values().stream().filter(request -> request.joins().filter(places::containsKey).isPresent()).toList();
        pending.values().removeAll(joins);
        joins.forEach(request -> request.reply().complete(Optional.of(places.getJsonObject(request.joins().orElseThrow()))));
    }

    /** What the server has not taken, in order. */
    Stream<String> unanswered(long heard) {
        return pending.tailMap(heard, false).values().stream().map(Request::text);
    }

    /** Nobody can know any more what became of these. */
    void failUpTo(long heard) {
        Map<Long, Request> lost = pending.headMap(heard, true);
        List<Request> requests = List.copyOf(lost.values());
        lost.clear();
        requests.forEach(request -> request.reply().completeExceptionally(new Unknown()));
    }

    /** On a new line ids begin again. */
    void startAnew() {
        failUpTo(Long.MAX_VALUE);
        lastId = 0;
    }
}
