package dev.partyline.container;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** A deployed application as its visitors see it. Some containers tell their machine's name, but a test uses loopback only. */
public record WarDeployment(String origin, String path) {

    public static final String API_KEY = "container-key";
    /** Without an upgrade to HTTP/2, which browsers do not ask for without TLS: Open Liberty then never answers a first request that ends in an error page. */
    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    public static WarDeployment at(URL url) {
        String path = url.getPath().endsWith("/") ? url.getPath() : url.getPath() + "/";
        return new WarDeployment("localhost:" + url.getPort(), path);
    }

    /**
     * The same, with Partyline in it, once it can be reached: Payara Micro may answer 404 for some moments after it has said that it is ready.
     */
    public static WarDeployment reachable(URL url) {
        WarDeployment deployment = at(url);
        await("the application to be reachable").ignoreExceptions().until(() -> deployment.isFound("health") || deployment.isFound("partyline/health"));
        return deployment;
    }

    private boolean isFound(String name) {
        return get(name).statusCode() != HttpURLConnection.HTTP_NOT_FOUND;
    }

    public URI uri(String name) {
        return URI.create("http://" + origin + path + name);
    }

    /** Where the line is, beside the worker: {@code line} or {@code partyline/line}. */
    public URI line(String name) {
        return URI.create("ws://" + origin + path + name);
    }

    HttpResponse<String> get(String name) {
        return send(request(name).GET().build());
    }

    HttpResponse<String> get(String name, String header, String value) {
        return send(request(name).header(header, value).GET().build());
    }

    HttpResponse<byte[]> getCompressed(String name, String... headers) {
        HttpRequest.Builder request = request(name).header("Accept-Encoding", "gzip, deflate, br").GET();
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    HttpResponse<String> post(String name, String json) {
        return send(request(name).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(json)).build());
    }

    private HttpRequest.Builder request(String name) {
        return HttpRequest.newBuilder(uri(name)).timeout(Duration.ofSeconds(15)).header("Authorization", "Bearer " + API_KEY);
    }

    private static HttpResponse<String> send(HttpRequest request) {
        return send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> body) {
        try {
            return HTTP.send(request, body);
        } catch (IOException e) {
            throw new AssertionError(request + " failed", e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** One of Prometheus' figures. */
    static double figure(HttpResponse<String> metrics, String name) {
        Optional<String> line = metrics.body().lines().filter(candidate -> candidate.startsWith(name + " ")).findFirst();
        return Double.parseDouble(line.orElseThrow(() -> new AssertionError("no " + name + " in " + metrics.body())).substring(name.length() + 1));
    }
}
