package dev.partyline.faults;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Random HTTP requests: to the API, to static files, to what must not be served, and such as no client writes. */
final class RequestGrammar {

    /** In a body that the API must refuse. */
    static final String REFUSED = "REFUSED-MARK";

    private static final String[] METHODS = {"GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND"};
    private static final String[] ODD_METHODS = {"get", "CONNECT", "FOO", "POST ", ""};
    private static final String[] SEGMENTS = {"api", "topics", "tabs", "users", "all", "lines", "x", "", "..", ".", "%2e%2e", "%2f", "%5c", ";a=b", "%00", "%0d%0aX:%20y", "demo.open", "ann", "*",
        "@user:x", "%C3%A4", "%ff", "%", "__proto__", "$x", "WEB-INF", "META-INF", "web.xml", "MANIFEST.MF", "classes", "dev", "partyline", "launcher", "Main.class", "line", "metrics", "health",
        "live", "ready", "openapi.json", "worker.js", "main.js", "\\"};
    private static final String[] INSIDE = {"/./api/lines", "/api/../api/lines", "/WEB-INF/web.xml", "/%57EB-INF/web.xml", "/web-inf/web.xml", "/META-INF/MANIFEST.MF", "/WEB-INF/",
        "/dev/partyline/launcher/Main.class", "/;x/dev/partyline/launcher/Main.class", "/%64ev/partyline/launcher/Main.class", "/partyline-0000/wire.js",
        "/partyline-abc/..%2f..%2fWEB-INF%2fweb.xml", "/line", "/../../etc/passwd", "/partyline/..;/WEB-INF/web.xml", "/partyline/%2e%2e/WEB-INF/web.xml"};
    private static final String[] TARGETS = {"*", "http://evil.example/api/lines", "/", "//", "/../../etc/passwd", "relative", "/%", "/?%"};
    private static final String[] HOSTS = {"localhost", "evil.example", "", "a b", "localhost:99999"};
    private static final String[] TYPES = {"application/json", "application/json", "application/json", "application/json; charset=utf-8", "application/json; charset=utf-16", "text/plain",
        "application/x-www-form-urlencoded", "multipart/form-data", ";;", "application/json;charset=\"utf-8"};
    private static final String[] ODD_HEADERS = {"Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: -1", "Content-Length: 5\r\nContent-Length: 6", "Expect: 100-continue",
        "Upgrade: h2c\r\nConnection: Upgrade", "Upgrade: websocket\r\nConnection: Upgrade", "X-HTTP-Method-Override: DELETE", "If-None-Match: *", "If-None-Match: W/\"1\"",
        "Range: bytes=5-1,-", "Accept-Encoding: br;q=x", "no colon", ": no name", "Origin: http://evil.example", "Cookie: JSESSIONID=x", "X-Forwarded-For: 1.2.3.4, ä"};

    private final Random random;
    private final String context;
    private final String key;
    private final String tab;

    /** @param keyed whether it has the API's key */
    record HttpRequest(String method, String target, boolean keyed, byte[] bytes) {
        @Override
        public String toString() {
            String text = new String(bytes, StandardCharsets.UTF_8);
            return text.substring(0, Math.min(text.length(), 400));
        }
    }

    /** @param tab that messages may be addressed to */
    RequestGrammar(Random random, String context, String key, String tab) {
        this.random = random;
        this.context = context;
        this.key = key;
        this.tab = tab;
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private String oneOf(String... things) {
        return things[random.nextInt(things.length)];
    }

    HttpRequest request() {
        String method = chance(0.6) ? "POST" : chance(0.95) ? oneOf(METHODS) : oneOf(ODD_METHODS);
        String target = chance(0.5) ? context + "/api/" + oneOf("topics/demo.open", "tabs/" + tab, "users/ann", "all", "lines", "tabs/none", "openapi.json")
            : chance(0.7) ? context + "/" + path() + oneOf("", "", "?x=1", "?method=POST", "?" + "x".repeat(random.nextInt(9000))) : chance(0.8) ? context + oneOf(INSIDE) : oneOf(TARGETS);
        boolean keyed = chance(0.7);
        List<String> headers = new ArrayList<>(List.of("Host: " + (chance(0.95) ? "localhost" : oneOf(HOSTS)), "Connection: close"));
        headers.add(keyed ? "Authorization: Bearer " + key : oneOf("X: y", "Authorization: Bearer x", "Authorization: Basic c2VzYW1l", "Authorization: " + key,
            "Authorization: Bearer", "Authorization: Bearer " + key + "x", "Authorization: Bearer ses"));
        if (chance(0.8)) {
            headers.add("Content-Type: " + oneOf(TYPES));
        }
        if (chance(0.2)) {
            headers.add("Idempotency-Key: " + oneOf("a", "k" + random.nextInt(9), "x".repeat(130), "ä"));
        }
        if (chance(0.15)) {
            headers.add(chance(0.9) ? oneOf(ODD_HEADERS) : "X: " + "y".repeat(random.nextInt(20_000)));
        }
        byte[] body = chance(0.9) ? body().getBytes(StandardCharsets.UTF_8) : oneOf("5\r\nhello\r\n0\r\n\r\n", "zz\r\n", "0\r\n\r\n").getBytes(StandardCharsets.UTF_8);
        headers.add(chance(0.95) ? "Content-Length: " + body.length : "Transfer-Encoding: chunked");
        byte[] head = (method + " " + target + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n\r\n").getBytes(StandardCharsets.UTF_8);
        byte[] bytes = new byte[head.length + body.length];
        System.arraycopy(head, 0, bytes, 0, head.length);
        System.arraycopy(body, 0, bytes, head.length, body.length);
        return new HttpRequest(method, target, keyed, bytes);
    }

    private String path() {
        return IntStream.range(0, 1 + random.nextInt(4)).mapToObj(i -> chance(0.05) ? "a".repeat(random.nextInt(300)) : oneOf(SEGMENTS)).collect(Collectors.joining("/"));
    }

    private String body() {
        return switch (random.nextInt(24)) {
            case 0, 1, 2 -> "{\"value\":1}";
            case 3, 4 -> "{\"type\":\"a.b\",\"value\":{\"x\":[1,2]}}";
            case 5 -> IntStream.range(0, random.nextInt(30)).mapToObj(i -> "{\"value\":1}").collect(Collectors.joining(",", "[", "]"));
            case 6 -> oneOf("", "{", "null", "[]", "[[]]", "value=1", "<x/>", "{\"value\":1e99999}");
            case 7 -> "{\"value\":" + "[".repeat(random.nextInt(200)) + "}";
            case 8 -> "{\"value\":" + "9".repeat(random.nextInt(3000)) + "}";
            case 9 -> "{\"value\":\"" + "y".repeat(random.nextInt(100_000)) + "\"}";
            case 10 -> "{\"value\":1,\n\"key\":\"k" + random.nextInt(20) + "\"}";
            case 11 -> "{\"type\":\"$x\",\"value\":\"" + REFUSED + "\"}";
            case 12 -> "{\"type\":\"\",\"value\":\"" + REFUSED + "\"}";
            case 13 -> "{\"value\":\"a\\ud800 " + REFUSED + "\"}";
            case 14 -> "{\"value\":1,\"value\":\"" + REFUSED + "\"}";
            case 15 -> "{\"value\":\"x\ny " + REFUSED + "\"}";
            case 16 -> "{\"key\":\"\",\"value\":\"" + REFUSED + "\"}";
            case 17 -> "{\"value\":\"" + REFUSED + "\"}x";
            case 18 -> "\ufeff{\"value\":\"" + REFUSED + "\"}";
            case 19 -> "[{\"value\":\"" + REFUSED + "\"},{}]";
            case 20 -> "[{\"value\":\"" + REFUSED + "\"},1]";
            case 21 -> "{\"value\":\"" + REFUSED + "\",\"key\":7}";
            case 22 -> "{\"type\":\"a b\",\"value\":\"" + REFUSED + "\"}";
            default -> "{\"value\":\"" + REFUSED;
        };
    }
}
