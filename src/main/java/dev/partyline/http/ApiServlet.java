package dev.partyline.http;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.TopicHandle;
import dev.partyline.handler.JsonValues;
import dev.partyline.wire.BadFrameException;
import dev.partyline.wire.JsonLimits;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import dev.partyline.wire.Posted;
import dev.partyline.wire.RawJson;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The way in for other programs: they publish to topics, tabs, users and everyone, and read who is connected.
 *
 * <p>Nothing is here until a key is set ({@code partyline.api.key}), which each request then carries as a bearer token. {@code api/openapi.json} describes it whole.
 */
public class ApiServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    private static final JsonLimits BODY = new JsonLimits(64, 1000, 100_000);

    private transient Partyline partyline;
    private transient JsonValues json;

    @Override
    public void init() {
        partyline = Partyline.of(getServletContext());
        json = new JsonValues();
    }

    @Override
    public void destroy() {
        json.close();
    }

    /** What went wrong, as a program and a person want to know it. */
    private static final class Refusal extends Exception {

        private static final long serialVersionUID = 1;

        private final int status;
        private final String code;

        private Refusal(int status, String code, String message) {
            super(message, null, false, false);
            this.status = status;
            this.code = code;
        }
    }

    public record Problem(Error error) {

        public record Error(String code, String message) {
        }
    }

    /** Where messages were appended, in the order they were posted. */
    public record Published(List<Placed> published) {

        public record Placed(String epoch, long offset) {
        }
    }

    public record Delivered(int delivered) {
    }

    public record Connected(List<Partyline.Presence> lines) {
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object answer;
        try {
            Bearer.Verdict verdict = Bearer.check(partyline.settings().text(Setting.API_KEY), request.getHeader("Authorization"));
            if (verdict == Bearer.Verdict.CLOSED) {
                throw new Refusal(HttpServletResponse.SC_NOT_FOUND, "closed", "the API is closed until partyline.api.key is set");
            }
            if (verdict == Bearer.Verdict.REFUSED) {
                response.setHeader("WWW-Authenticate", "Bearer realm=\"partyline\"");
                throw new Refusal(HttpServletResponse.SC_UNAUTHORIZED, "unauthenticated", "the Authorization header must be Bearer and the API's key");
            }
            answer = switch (request.getMethod()) {
                case "POST" -> post(request);
                case "GET" -> get(request);
                default -> {
                    response.setHeader("Allow", "GET, POST");
                    throw new Refusal(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method", "only GET and POST are answered");
                }
            };
        } catch (Refusal e) {
            response.setStatus(e.status);
            answer = new Problem(new Problem.Error(e.code, e.getMessage()));
        } catch (BadFrameException e) {
            response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
            answer = new Problem(new Problem.Error("bad_message", e.getMessage()));
        }
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.getOutputStream().write(json.write(answer).getBytes(StandardCharsets.UTF_8));
    }

    private Object post(HttpServletRequest request) throws IOException, Refusal {
        String name = nameOf(request);
        return switch (resource(request)) {
            case "topics" -> {
                if (!Names.isOpen(name)) {
                    throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "bad_topic", "a topic is 1 to 128 characters of A-Z a-z 0-9 _ . : / -");
                }
                yield publish(partyline.topic(name), request);
            }
            case "users" -> publish(partyline.user(required(name, "a user's name")), request);
            case "all" -> publish(partyline.everyone(), request);
            case "tabs" -> tell(required(name, "a tab's id"), request);
            default -> throw new Refusal(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method", "lines are read, not written");
        };
    }

    private Published publish(TopicHandle topic, HttpServletRequest request) throws IOException, Refusal {
        List<Posted> messages = messages(request);
        Optional<String> header = Optional.ofNullable(request.getHeader(IDEMPOTENCY_KEY));
        List<Published.Placed> placed = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            Posted message = messages.get(i);
            int number = i;
            Optional<String> key = message.key().or(() -> header.map(value -> messages.size() == 1 ? value : value + "#" + number));
            placed.add(place(topic, message, key));
        }
        return new Published(placed);
    }

    private static Published.Placed place(TopicHandle topic, Posted message, Optional<String> key) throws Refusal {
        try {
            Position at = topic.publish(message.type(), new RawJson(message.value()), key);
            return new Published.Placed(at.epoch(), at.offset());
        } catch (IllegalStateException e) {
            throw new Refusal(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "overloaded", e.getMessage());
        }
    }

    private Delivered tell(String tab, HttpServletRequest request) throws IOException, Refusal {
        List<Posted> messages = messages(request);
        for (Posted message : messages) {
            if (message.type().isEmpty() || message.key().isPresent()) {
                throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "bad_message", "a message to a tab needs a type, and cannot have a key");
            }
        }
        for (Posted message : messages) {
            if (!partyline.toTab(tab, message.type().get(), new RawJson(message.value()))) {
                throw new Refusal(HttpServletResponse.SC_NOT_FOUND, "unknown_tab", "no line of this server has this tab");
            }
        }
        return new Delivered(messages.size());
    }

    private List<Posted> messages(HttpServletRequest request) throws IOException, Refusal {
        List<Posted> messages = Posted.read(body(request), BODY);
        int atMost = partyline.settings().count(Setting.API_BATCH);
        if (messages.isEmpty() || messages.size() > atMost) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "bad_batch", "a batch has 1 to " + atMost + " messages, this one " + messages.size());
        }
        return messages;
    }

    private String body(HttpServletRequest request) throws IOException, Refusal {
        int atMost = partyline.settings().count(Setting.API_BODY_CHARS);
        request.setCharacterEncoding(StandardCharsets.UTF_8.name());
        StringBuilder body = new StringBuilder();
        char[] part = new char[8192];
        Reader reader = request.getReader();
        for (int read = reader.read(part); read >= 0; read = reader.read(part)) {
            body.append(part, 0, read);
            if (body.length() > atMost) {
                throw new Refusal(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE, "too_large", "a body has at most " + atMost + " characters");
            }
        }
        return body.toString();
    }

    private Connected get(HttpServletRequest request) throws Refusal {
        String name = nameOf(request);
        return switch (resource(request)) {
            case "lines" -> new Connected(partyline.present().limit(partyline.settings().count(Setting.API_BATCH)).toList());
            case "users" -> new Connected(partyline.present().filter(line -> line.user().filter(name::equals).isPresent()).toList());
            case "tabs" -> {
                List<Partyline.Presence> lines = partyline.present().filter(line -> line.tabs().contains(name)).toList();
                if (lines.isEmpty()) {
                    throw new Refusal(HttpServletResponse.SC_NOT_FOUND, "unknown_tab", "no line of this server has this tab");
                }
                yield new Connected(lines);
            }
            default -> throw new Refusal(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "method", "this is written, not read");
        };
    }

    /** The part after {@code api/}: the WAR has these at {@code /api}, the jar at {@code /partyline/api} of its host. */
    private static String resource(HttpServletRequest request) {
        return request.getServletPath().substring(request.getServletPath().lastIndexOf('/') + 1);
    }

    private static String nameOf(HttpServletRequest request) {
        String path = request.getPathInfo();
        return path == null ? "" : path.substring(1);
    }

    private static String required(String name, String what) throws Refusal {
        if (name.isEmpty()) {
            throw new Refusal(HttpServletResponse.SC_BAD_REQUEST, "bad_name", "the path must end with " + what);
        }
        return name;
    }
}
