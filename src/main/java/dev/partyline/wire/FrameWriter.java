package dev.partyline.wire;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Encodes the frames to a client: section "Down" of PROTOCOL.md. Values are JSON already. */
public final class FrameWriter {

    public static final String PING = "{\"type\":\"$ping\"}";
    public static final String PONG = "{\"type\":\"$pong\"}";

    /** For JSON that was scanned before, or comes from the application. */
    private static final JsonLimits ANY = new JsonLimits(64, Integer.MAX_VALUE, Integer.MAX_VALUE);

    /** An answer with more members is compared with the message member by member. */
    private static final int MAX_SEARCHED_NAMES = 8;

    private static final List<String> RESERVED = List.of("type", "from", "re", "id", "topic", "at", "error");

    private FrameWriter() {
    }

    /** A reply to a tab's request, or to a frame of the worker itself if {@code from} is absent. */
    public static String reply(Optional<String> from, long re, Optional<String> value) {
        StringBuilder json = start(from, OptionalLong.of(re));
        value.ifPresent(v -> json.append(",\"value\":").append(v));
        return json.append('}').toString();
    }

    public static String error(Optional<String> from, OptionalLong re, String code, String message, boolean retryable) {
        StringBuilder json = start(from, re);
        return json.append(json.length() > 1 ? "," : "").append("\"error\":").append(error(code, message, retryable)).append('}').toString();
    }

    public static String error(Optional<String> from, OptionalLong re, ErrorCode code, String message) {
        return error(from, re, code.code(), message, code.retryable());
    }

    public static String error(Optional<String> from, OptionalLong re, NotJoined rejection) {
        return error(from, re, rejection.code(), rejection.message());
    }

    private static String error(String code, String message, boolean retryable) {
        return "{\"code\":" + Json.quote(code) + ",\"message\":" + Json.quote(message) + ",\"retryable\":" + retryable + "}";
    }

    /** A message for one tab, or for every tab of a line if {@code from} is absent. */
    public static String message(Optional<String> from, String type, String value) {
        StringBuilder json = start(from, OptionalLong.empty());
        return json.append(json.length() > 1 ? "," : "").append(members(Optional.of(type), Optional.empty(), value)).append('}').toString();
    }

    /** A question to a tab: a message with an id. */
    public static String question(String tab, long id, String type, String value) {
        return start(Optional.of(tab), OptionalLong.empty()).append(",\"id\":").append(id).append(',').append(members(Optional.of(type), Optional.empty(), value)).append('}').toString();
    }

    /**
     * The answer to a message in the post's envelope: the members of the inner object, then those of the answer, which override. An answer that is not an object becomes
     * the member {@code value}.
     */
    public static String enveloped(String inner, String answer) {
        JsonObjectScanner added = JsonObjectScanner.object(answer.startsWith("{") ? answer : "{\"value\":" + answer + "}", 0, ANY);
        if (hasSurelyNoneOf(added, inner)) {
            String answered = added.text();
            return added.memberCount() == 0 ? inner : inner.substring(0, inner.length() - 1) + "," + answered.substring(answered.indexOf('{') + 1);
        }
        JsonObjectScanner asked = JsonObjectScanner.object(inner, 0, ANY);
        StringBuilder json = new StringBuilder(inner.length() + answer.length() + 2).append('{');
        for (int i = 0; i < asked.memberCount(); i++) {
            if (!added.has(asked.name(i))) {
                appendMember(json, asked, i);
            }
        }
        for (int i = 0; i < added.memberCount(); i++) {
            appendMember(json, added, i);
        }
        return json.append('}').toString();
    }

    /** A fast check without parsing the members, which suffices unless there are many names, the object is empty or a name contains an escape. */
    private static boolean hasSurelyNoneOf(JsonObjectScanner names, String object) {
        boolean none = names.memberCount() <= MAX_SEARCHED_NAMES && object.indexOf(':') >= 0 && object.indexOf('\\') < 0;
        for (int i = 0; i < names.memberCount() && none; i++) {
            none = !object.contains('"' + names.name(i) + '"');
        }
        return none;
    }

    private static void appendMember(StringBuilder json, JsonObjectScanner scan, int index) {
        Json.appendQuoted(json.append(json.length() > 1 ? "," : ""), scan.name(index));
        json.append(':').append(scan.raw(index));
    }

    /** The members of a topic's message besides topic and position, without braces. */
    public static String members(Optional<String> type, Optional<String> from, String value) {
        StringBuilder json = new StringBuilder(value.length() + 48);
        type.ifPresent(t -> json.append("\"type\":\"").append(t).append("\","));
        from.ifPresent(f -> json.append("\"from\":\"").append(f).append("\","));
        return json.append("\"value\":").append(value).toString();
    }

    /**
     * An application's object as a frame without a type, as in the post.
     *
     * @throws IllegalArgumentException unless it is an object without members that the protocol uses
     */
    public static String untyped(String object) {
        if (!object.startsWith("{") || object.equals("{}")) {
            throw new IllegalArgumentException("an untyped message must be an object with members");
        }
        JsonObjectScanner scan = JsonObjectScanner.object(object, 0, ANY);
        for (String reserved : RESERVED) {
            if (scan.has(reserved)) {
                throw new IllegalArgumentException("an untyped message may not have a member \"" + reserved + "\"");
            }
        }
        return object;
    }

    /** The beginning of each frame of a topic, up to the offset. */
    public static String topicPrefix(String topic, String epoch) {
        return "{\"topic\":" + Json.quote(topic) + ",\"at\":[" + Json.quote(epoch) + ",";
    }

    public static String gap(String topic, Position at) {
        return "{\"type\":\"$gap\",\"topic\":" + Json.quote(topic) + ",\"at\":" + position(at) + "}";
    }

    /** The server has taken the line off a topic. */
    public static String left(String topic, NotJoined why) {
        return "{\"left\":" + Json.quote(topic) + ",\"error\":" + error(why.code().code(), why.message(), why.code().retryable()) + "}";
    }

    public static String bye(CloseCode code, OptionalLong afterMillis, String reason) {
        return "{\"type\":\"$bye\",\"code\":" + code.number() + (afterMillis.isPresent() ? ",\"after\":" + afterMillis.getAsLong() : "")
            + ",\"reason\":" + Json.quote(reason) + "}";
    }

    public static String position(Position at) {
        return "[" + Json.quote(at.epoch()) + "," + at.offset() + "]";
    }

    /** The result of a join, as the value of a reply and in the topics of {@code $welcome}. */
    public static String joined(Joined joined) {
        String end = joined.end() > joined.at().offset() ? ",\"end\":" + joined.end() : "";
        return "{\"at\":" + position(joined.at()) + ",\"gap\":" + joined.gap() + end + "}";
    }

    /**
     * @param at  the position after which messages follow
     * @param gap whether messages between the requested position and this one are lost
     * @param end the offset of the newest message
     */
    public record Joined(Position at, boolean gap, long end) {
    }

    /** Why a topic was not joined. */
    public record NotJoined(ErrorCode code, String message) {

        public static NotJoined forbidden() {
            return new NotJoined(ErrorCode.FORBIDDEN, "you may not join this topic");
        }

        /** The line has joined the topic before. */
        public static NotJoined noLonger() {
            return new NotJoined(ErrorCode.FORBIDDEN, "you may no longer be in this topic");
        }

        /** @param max the maximum number of topics of a line */
        public static NotJoined tooMany(int max) {
            return new NotJoined(ErrorCode.TOO_MANY, "a line may join " + max + " topics");
        }

        /** @param reason of the application */
        public static NotJoined removed(String reason) {
            return new NotJoined(ErrorCode.REMOVED, reason);
        }

        public static NotJoined overloaded() {
            return new NotJoined(ErrorCode.OVERLOADED, "this line, its address or the server has as many topics as allowed; try again later");
        }
    }

    /**
     * The content of {@code $welcome}.
     *
     * @param lastAcceptedRequest the last id that the line has accepted
     * @param inbox               the offset at which the inbox continues
     * @param limits              a JSON object
     * @param rejected            topics that could not be joined
     */
    public record Welcome(String line, String key, boolean resumed, long lastAcceptedRequest, long inbox, Optional<String> user, long pingMillis,
                          String limits, Map<String, Joined> topics, Map<String, NotJoined> rejected) {

        @Override
        public String toString() {
            return "Welcome[line=" + line + ", resumed=" + resumed + "]";
        }
    }

    public static String welcome(Welcome welcome) {
        StringBuilder json = new StringBuilder(512).append("{\"type\":\"$welcome\",\"v\":1,\"line\":");
        Json.appendQuoted(json, welcome.line());
        Json.appendQuoted(json.append(",\"key\":"), welcome.key());
        json.append(",\"resumed\":").append(welcome.resumed()).append(",\"heard\":").append(welcome.lastAcceptedRequest()).append(",\"inbox\":").append(welcome.inbox());
        welcome.user().ifPresent(user -> Json.appendQuoted(json.append(",\"user\":"), user));
        json.append(",\"ping\":").append(welcome.pingMillis()).append(",\"limits\":").append(welcome.limits()).append(",\"topics\":{");
        String separator = "";
        for (Map.Entry<String, Joined> topic : welcome.topics().entrySet()) {
            Json.appendQuoted(json.append(separator), topic.getKey());
            json.append(':').append(joined(topic.getValue()));
            separator = ",";
        }
        for (Map.Entry<String, NotJoined> topic : welcome.rejected().entrySet()) {
            ErrorCode code = topic.getValue().code();
            Json.appendQuoted(json.append(separator), topic.getKey());
            json.append(":{\"error\":").append(error(code.code(), topic.getValue().message(), code.retryable())).append('}');
            separator = ",";
        }
        return json.append("}}").toString();
    }

    private static StringBuilder start(Optional<String> from, OptionalLong re) {
        StringBuilder json = new StringBuilder(96).append('{');
        from.ifPresent(f -> json.append("\"from\":\"").append(f).append('"'));
        re.ifPresent(id -> json.append(json.length() > 1 ? "," : "").append("\"re\":").append(id));
        return json;
    }
}
