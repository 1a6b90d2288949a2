package dev.partyline.wire;

/** JSON strings. Written by hand, because they are encoded very often. */
public final class Json {

    private static final String HEX = "0123456789abcdef";

    private Json() {
    }

    /** A JSON string. */
    public static String quote(String text) {
        StringBuilder json = new StringBuilder(text.length() + 2);
        appendQuoted(json, text);
        return json.toString();
    }

    static void appendQuoted(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> json.append('\\').append(c);
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    if (c < 0x20 || isLoneSurrogate(text, i)) {
                        appendEscaped(json, c);
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        json.append('"');
    }

    /**
     * The same JSON with lone surrogates escaped: UTF-8 cannot encode them, so containers fail to send them or send a question mark. An application produces one when it
     * cuts a text within an emoji.
     */
    public static String wellFormed(String json) {
        for (int i = 0; i < json.length(); i++) {
            if (isLoneSurrogate(json, i)) {
                return withLoneSurrogatesEscaped(json);
            }
        }
        return json;
    }

    private static String withLoneSurrogatesEscaped(String json) {
        StringBuilder escaped = new StringBuilder(json.length() + 16);
        for (int i = 0; i < json.length(); i++) {
            if (isLoneSurrogate(json, i)) {
                appendEscaped(escaped, json.charAt(i));
            } else {
                escaped.append(json.charAt(i));
            }
        }
        return escaped.toString();
    }

    private static boolean isLoneSurrogate(String text, int at) {
        char c = text.charAt(at);
        if (!Character.isSurrogate(c)) {
            return false;
        }
        return Character.isHighSurrogate(c)
            ? at + 1 == text.length() || !Character.isLowSurrogate(text.charAt(at + 1))
            : at == 0 || !Character.isHighSurrogate(text.charAt(at - 1));
    }

    private static void appendEscaped(StringBuilder json, char c) {
        json.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            json.append(HEX.charAt(c >> shift & 15));
        }
    }
}
