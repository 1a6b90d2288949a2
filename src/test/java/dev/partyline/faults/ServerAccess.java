package dev.partyline.faults;

import dev.partyline.container.WarDeployment;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.stream.Collectors;

/** The HTTP API and the metrics of a server, by its key. */
record ServerAccess(URI base, String key) {

    static final String KEY = "sesame";

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    static ServerAccess of(WarDeployment deployment) {
        String folder = deployment.uri("").toString();
        return new ServerAccess(URI.create(folder.substring(0, folder.length() - 1)), WarDeployment.API_KEY);
    }

    /** The status of the answer. */
    int post(String path, String body) {
        return send(request("/api/" + path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body))).statusCode();
    }

    double metric(String name) {
        return metrics().get(name);
    }

    private Map<String, Double> metrics() {
        return send(request("/metrics")).body().lines().filter(line -> !line.startsWith("#") && !line.contains("{")).map(line -> line.split(" "))
            .collect(Collectors.toMap(parts -> parts[0], parts -> Double.valueOf(parts[1])));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base + path)).header("Authorization", "Bearer " + key);
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
