package dev.partyline.server;

import dev.partyline.testing.PartylineServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.stream.Collectors;

/** The server's own figures, as anyone may read them at {@code /metrics}. */
final class Metrics {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private Metrics() {
    }

    static Map<String, Double> of(PartylineServer server) {
        return at(server.uri("/partyline/metrics"));
    }

    static Map<String, Double> of(int port) {
        return at(URI.create("http://127.0.0.1:" + port + "/partyline/metrics"));
    }

    private static Map<String, Double> at(URI uri) {
        try {
            String text = HTTP.send(HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + Api.KEY).build(), HttpResponse.BodyHandlers.ofString()).body();
            return text.lines()
                .filter(line -> !line.startsWith("#") && (!line.contains("{") || line.startsWith("partyline_limit_hits_total{")))
                .map(line -> line.split(" "))
                .collect(Collectors.toMap(parts -> parts[0], parts -> Double.valueOf(parts[1])));
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
