package dev.partyline.server;

import dev.partyline.testing.Golden;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Another program that uses a server's HTTP API. Whatever it is answered is compared with the OpenAPI document that the same server gives out. */
final class Api {

    static final String KEY = "sesame";
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final String base;
    private final OpenApi document;
    private final List<OpenApi.Case> seen = Collections.synchronizedList(new ArrayList<>());

    /** An answer, with what the tests ask of it. */
    record Answer(int status, HttpResponse<String> response) {

        JsonObject json() {
            return Golden.parse(response.body());
        }

        String code() {
            return json().getJsonObject("error").getString("code");
        }

        String message() {
            return json().getJsonObject("error").getString("message");
        }

        int offset(int index) {
            return json().getJsonArray("published").getJsonObject(index).getInt("offset");
        }
    }

    Api(int port) {
        base = "http://127.0.0.1:" + port + "/partyline";
        document = new OpenApi(send(HttpRequest.newBuilder(URI.create(base + "/api/openapi.json")).build()).body());
    }

    OpenApi document() {
        return document;
    }

    /** What the document describes and has come as an answer. */
    List<OpenApi.Case> seen() {
        return seen;
    }

    /** @param headers names and values, besides the key and the type of the body */
    Answer post(String path, String body, String... headers) {
        return checked(path, body, request(path, headers).header("Content-Type", "application/json"), body.getBytes(StandardCharsets.UTF_8));
    }

    Answer post(String path, String body, byte[] bytes, String... headers) {
        return checked(path, body, request(path, headers), bytes);
    }

    Answer get(String path) {
        return checked(path, "", request(path), null);
    }

    Answer withKey(String authorization, String method, String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path));
        if (!authorization.isEmpty()) {
            request.header("Authorization", authorization);
        }
        return checked(path, "", request, method.equals("POST") ? new byte[0] : null);
    }

    /** Uses a method that the document does not describe for this path. */
    Answer undescribed(String method, String path) {
        HttpResponse<String> response = send(request(path).method(method, BodyPublishers.ofString("{\"value\":1}")).build());
        return new Answer(response.statusCode(), response);
    }

    private HttpRequest.Builder request(String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path)).header("Authorization", "Bearer " + KEY);
        return headers.length == 0 ? request : request.headers(headers);
    }

    private Answer checked(String path, String body, HttpRequest.Builder request, byte[] bytes) {
        String method = bytes == null ? "GET" : "POST";
        HttpResponse<String> response = send(request.timeout(Duration.ofSeconds(15)).method(method, bytes == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(bytes)).build());
        seen.add(document.check(method, path, body, response));
        return new Answer(response.statusCode(), response);
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
