package dev.partyline.http;

import dev.partyline.Partyline;
import dev.partyline.Setting;
import dev.partyline.TopicHandle;
import dev.partyline.handler.ValueCodec;
import dev.partyline.topic.KeyConflictException;
import dev.partyline.wire.ApiAct;
import dev.partyline.wire.ApiMessage;
import dev.partyline.wire.BadFrameException;
import dev.partyline.wire.JsonLimits;
import dev.partyline.wire.Names;
import dev.partyline.wire.Position;
import dev.partyline.wire.RawJson;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;

/**
 * The HTTP API for other programs: publishes to topics, tabs, users and all lines, lists the connected lines, closes lines, takes them off topics, and has the access policy asked again.
 *
 * <p>It is closed until a key is set ({@code partyline.api.key}), which each request must send as a bearer token. {@code api/openapi.json} describes it.
 */
public class ApiServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final String IDEMPOTENCY_KEY = "Idempotency-Key";
    /** Shorter than a key, because a batch appends {@code #} and a number. */
    private static final int IDEMPOTENCY_KEY_CHARS = 120;
    /** Containers normalize such a path, which would then contain another name. */
    private static final Pattern REWRITTEN_PATH = Pattern.compile("//|/\\.\\.?(/|$)|;");
    private static final JsonLimits BODY = new JsonLimits(64, 1000, 100_000);

    static final int TOO_MANY_REQUESTS = 429;

    private transient Partyline partyline;
    private transient ApiKeyGuard guard;
    private transient ValueCodec codec;

    @Override
    public void init() {
        partyline = Partyline.of(getServletContext());
        guard = ApiKeyGuard.of(getServletContext());
        codec = new ValueCodec();
    }

    @Override
    public void destroy() {
        codec.close();
    }

    public record Problem(Error error) {

        public record Error(String code, String message) {
        }
    }

    /** The positions of the messages, in the order of the request. */
    public record Published(List<Placed> published) {

        public record Placed(String epoch, long offset) {
        }
    }

    public record Delivered(int delivered) {
    }

    /** @param lines the number of lines that it concerned */
    public record Acted(int lines) {
    }

    /** @param total the number of lines; the list may contain fewer */
    public record Connected(long total, List<Partyline.Presence> lines) {
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Object answer;
        try {
            requireKey(request, response);
            requirePlainPath(request);
            answer = switch (request.getMethod()) {
                case "POST" -> post(request, response);
                case "GET" -> get(request, response);
                default -> throw notAllowed(request, response);
            };
        } catch (ApiException e) {
            response.setStatus(e.status());
            answer = new Problem(new Problem.Error(e.code(), e.getMessage()));
        } catch (BadFrameException e) {
            response.setStatus(HttpServletResponse.SC_BAD_REQUEST);
            answer = new Problem(new Problem.Error("bad_message", e.getMessage()));
        }
        response.setContentType("application/json");
        response.setHeader("Cache-Control", "no-store");
        response.getOutputStream().write(codec.write(answer).getBytes(StandardCharsets.UTF_8));
    }

    private void requireKey(HttpServletRequest request, HttpServletResponse response) throws ApiException {
        switch (guard.check(request)) {
            case CLOSED -> throw new ApiException(HttpServletResponse.SC_NOT_FOUND, "closed", "the API is closed until partyline.api.key is set");
            case REJECTED -> {
                response.setHeader("WWW-Authenticate", "Bearer realm=\"partyline\"");
                throw new ApiException(HttpServletResponse.SC_UNAUTHORIZED, "unauthenticated", "the Authorization header must be Bearer and the API's key");
            }
            case BLOCKED -> throw new ApiException(TOO_MANY_REQUESTS, "too_many_guesses", "too many wrong keys came from this address; try again in a minute");
            case ALLOWED -> { }
        }
    }

    private static void requirePlainPath(HttpServletRequest request) throws ApiException {
        if (REWRITTEN_PATH.matcher(request.getRequestURI()).find()) {
            throw ApiException.badRequest("bad_name", "a path may not have //, /./, /../ or ; in it");
        }
    }

    private static ApiException notAllowed(HttpServletRequest request, HttpServletResponse response) {
        String allowed = switch (resource(request)) {
            case "topics", "all", "close", "remove", "recheck" -> "POST";
            case "lines" -> "GET";
            default -> "GET, POST";
        };
        response.setHeader("Allow", allowed);
        return new ApiException(HttpServletResponse.SC_METHOD_NOT_ALLOWED, "bad_method", "here only " + allowed.replace(", ", " and ") + " is answered");
    }

    private Object post(HttpServletRequest request, HttpServletResponse response) throws IOException, ApiException {
        String name = nameOf(request);
        return switch (resource(request)) {
            case "topics" -> {
                if (!Names.isOpen(name)) {
                    throw ApiException.badRequest("bad_name", "a topic is 1 to 128 characters of A-Z a-z 0-9 _ . : / -");
                }
                yield publish(partyline.topic(name), request);
            }
            case "users" -> publish(partyline.user(required(name, "a user's name")), request);
            case "all" -> publish(partyline.everyone(), request);
            case "tabs" -> sendToTab(required(name, "a tab's id"), request);
            case "close" -> act(request, this::close, "code", "reason");
            case "remove" -> act(request, this::remove, "topic", "reason");
            case "recheck" -> act(request, act -> onLines(act, partyline::recheckLine, partyline::recheckUser));
            default -> throw notAllowed(request, response);
        };
    }

    /** @param members the members that the body needs besides the one that names the lines */
    private Acted act(HttpServletRequest request, ToIntFunction<ApiAct> act, String... members) throws IOException, ApiException {
        ApiAct wanted = ApiAct.read(body(request), BODY, members);
        int lines;
        try {
            lines = act.applyAsInt(wanted);
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("bad_message", e.getMessage());
        }
        if (lines == 0 && wanted.subject() != ApiAct.Subject.USER) {
            throw wanted.subject() == ApiAct.Subject.TAB ? unknownTab() : new ApiException(HttpServletResponse.SC_NOT_FOUND, "unknown_line", "this server has no such line");
        }
        return new Acted(lines);
    }

    private int close(ApiAct act) {
        int code = act.code().orElseThrow();
        String reason = act.reason().orElseThrow();
        return onLines(act, line -> partyline.closeLine(line, code, reason), user -> partyline.closeLinesOfUser(user, code, reason));
    }

    private int remove(ApiAct act) {
        String topic = act.topic().orElseThrow();
        String reason = act.reason().orElseThrow();
        return onLines(act, line -> partyline.removeLineFromTopic(line, topic, reason), user -> partyline.removeUserFromTopic(user, topic, reason));
    }

    /** Returns how many lines it concerned. */
    private int onLines(ApiAct act, Predicate<String> onLine, ToIntFunction<String> onUser) {
        return switch (act.subject()) {
            case LINE -> onLine.test(act.name()) ? 1 : 0;
            case TAB -> partyline.lineOfTab(act.name()).filter(onLine).isPresent() ? 1 : 0;
            case USER -> onUser.applyAsInt(act.name());
        };
    }

    private Published publish(TopicHandle topic, HttpServletRequest request) throws IOException, ApiException {
        Optional<String> header = Optional.ofNullable(request.getHeader(IDEMPOTENCY_KEY));
        if (header.filter(key -> key.isEmpty() || key.length() > IDEMPOTENCY_KEY_CHARS).isPresent()) {
            throw ApiException.badRequest("bad_key", IDEMPOTENCY_KEY + " must have 1 to " + IDEMPOTENCY_KEY_CHARS + " characters");
        }
        List<ApiMessage> messages = messages(request);
        List<Published.Placed> positions = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            ApiMessage message = messages.get(i);
            int number = i;
            Optional<String> key = message.key().or(() -> header.map(value -> messages.size() == 1 ? value : value + "#" + number));
            positions.add(publishOne(topic, message, key));
        }
        return new Published(positions);
    }

    private static Published.Placed publishOne(TopicHandle topic, ApiMessage message, Optional<String> key) throws ApiException {
        try {
            Position at = topic.publish(message.type(), new RawJson(message.value()), key);
            return new Published.Placed(at.epoch(), at.offset());
        } catch (KeyConflictException e) {
            throw new ApiException(HttpServletResponse.SC_CONFLICT, "conflict", e.getMessage());
        } catch (IllegalStateException e) {
            throw new ApiException(HttpServletResponse.SC_SERVICE_UNAVAILABLE, "overloaded", e.getMessage());
        }
    }

    private Delivered sendToTab(String tab, HttpServletRequest request) throws IOException, ApiException {
        List<ApiMessage> messages = messages(request);
        boolean keyed = request.getHeader(IDEMPOTENCY_KEY) != null || messages.stream().anyMatch(message -> message.key().isPresent());
        if (keyed || messages.stream().anyMatch(message -> message.type().isEmpty())) {
            throw ApiException.badRequest("bad_message", "a message to a tab needs a type, and cannot have a key");
        }
        for (ApiMessage message : messages) {
            if (!partyline.toTab(tab, message.type().get(), new RawJson(message.value()))) {
                throw unknownTab();
            }
        }
        return new Delivered(messages.size());
    }

    private static ApiException unknownTab() {
        return new ApiException(HttpServletResponse.SC_NOT_FOUND, "unknown_tab", "no line of this server has this tab");
    }

    private List<ApiMessage> messages(HttpServletRequest request) throws IOException, ApiException {
        List<ApiMessage> messages = ApiMessage.read(body(request), BODY);
        int max = partyline.settings().count(Setting.API_BATCH);
        if (messages.isEmpty() || messages.size() > max) {
            throw ApiException.badRequest("bad_batch", "a batch has 1 to " + max + " messages, this one " + messages.size());
        }
        return messages;
    }

    private String body(HttpServletRequest request) throws IOException, ApiException {
        return JsonBody.read(request, partyline.settings().count(Setting.API_BODY_CHARS), partyline.settings().time(Setting.API_BODY_WITHIN));
    }

    private Connected get(HttpServletRequest request, HttpServletResponse response) throws ApiException {
        String name = nameOf(request);
        return switch (resource(request)) {
            case "lines" -> connected(line -> true);
            case "users" -> {
                String user = required(name, "a user's name");
                yield connected(line -> line.user().filter(user::equals).isPresent());
            }
            case "tabs" -> {
                String tab = required(name, "a tab's id");
                Connected found = connected(line -> line.tabs().contains(tab));
                if (found.lines().isEmpty()) {
                    throw unknownTab();
                }
                yield found;
            }
            default -> throw notAllowed(request, response);
        };
    }

    private Connected connected(Predicate<Partyline.Presence> wanted) {
        List<Partyline.Presence> found = partyline.present().filter(wanted).toList();
        return new Connected(found.size(), found.stream().limit(partyline.settings().count(Setting.API_BATCH)).toList());
    }

    /** The part after {@code api/}: the WAR serves these at {@code /api}, the jar at {@code /partyline/api} of the application. */
    private static String resource(HttpServletRequest request) {
        return request.getServletPath().substring(request.getServletPath().lastIndexOf('/') + 1);
    }

    private static String nameOf(HttpServletRequest request) {
        String path = request.getPathInfo();
        return path == null ? "" : path.substring(1);
    }

    private static String required(String name, String what) throws ApiException {
        if (name.isEmpty()) {
            throw ApiException.badRequest("bad_name", "the path must end with " + what);
        }
        return name;
    }
}
