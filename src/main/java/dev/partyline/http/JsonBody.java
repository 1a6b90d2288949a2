package dev.partyline.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The body of a request to the HTTP API: JSON in UTF-8, of which no more is read, and for no longer, than the settings allow. */
final class JsonBody {

    private static final String JSON = "application/json";
    private static final Pattern CHARSET = Pattern.compile(";\\s*charset\\s*=\\s*\"?([^\";\\s]+)", Pattern.CASE_INSENSITIVE);
    private static final int PART_CHARS = 8192;
    /** The maximum number of UTF-8 bytes for one UTF-16 code unit. */
    private static final long BYTES_PER_CHAR = 3;

    private JsonBody() {
    }

    /** The text of the body. Invalid UTF-8 is rejected, because replacement characters would change the message. */
    static String read(HttpServletRequest request, int maxChars, Duration within) throws IOException, ApiException {
        requireJson(request.getContentType());
        if (request.getContentLengthLong() > BYTES_PER_CHAR * maxChars) {
            throw tooLarge(maxChars);
        }
        long began = System.nanoTime();
        StringBuilder body = new StringBuilder();
        char[] part = new char[PART_CHARS];
        Reader reader = new InputStreamReader(request.getInputStream(), StandardCharsets.UTF_8.newDecoder());
        try {
            for (int read = reader.read(part); read >= 0; read = reader.read(part)) {
                body.append(part, 0, read);
                if (body.length() > maxChars) {
                    throw tooLarge(maxChars);
                }
                if (System.nanoTime() - began > within.toNanos()) {
                    throw ApiException.badRequest("bad_message", "the body was not complete within " + within.toMillis() + " ms");
                }
            }
        } catch (CharacterCodingException e) {
            throw ApiException.badRequest("bad_message", "the body is not UTF-8");
        } catch (IOException e) {
            // The connection has ended, or the container has a time limit of its own. It would answer 500, and log this as an error of the server.
            throw ApiException.badRequest("bad_message", "the body could not be read to its end");
        }
        return body.toString();
    }

    /** A missing Content-Type is accepted, another one is not. */
    private static void requireJson(String contentType) throws ApiException {
        if (contentType == null) {
            return;
        }
        Matcher charset = CHARSET.matcher(contentType);
        boolean utf8 = !charset.find() || charset.group(1).equalsIgnoreCase(StandardCharsets.UTF_8.name());
        if (!utf8 || !contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(JSON)) {
            throw new ApiException(HttpServletResponse.SC_UNSUPPORTED_MEDIA_TYPE, "bad_type", "the Content-Type must be " + JSON + ", in UTF-8");
        }
    }

    private static ApiException tooLarge(int maxChars) {
        return new ApiException(HttpServletResponse.SC_REQUEST_ENTITY_TOO_LARGE, "too_large", "a body has at most " + maxChars + " characters");
    }
}
