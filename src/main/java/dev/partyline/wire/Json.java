package dev.partyline.wire;

/** The little JSON that is written by hand, because it is written very often. */
final class Json {

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
                    if (c < 0x20) {
                        json.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        json.append('"');
    }
}
