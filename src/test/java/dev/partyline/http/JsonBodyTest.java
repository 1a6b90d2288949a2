package dev.partyline.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class JsonBodyTest {

    private static final InputStream BROKEN = new InputStream() {
        @Override
        public int read() throws IOException {
            throw new IOException("the client sends nothing");
        }
    };

    private static String read(InputStream body) throws Exception {
        return JsonBody.read(request(body), 1000, Duration.ofMinutes(1));
    }

    private static HttpServletRequest request(InputStream body) {
        return (HttpServletRequest) Proxy.newProxyInstance(JsonBodyTest.class.getClassLoader(), new Class<?>[] {HttpServletRequest.class}, (proxy, method, arguments) ->
            switch (method.getName()) {
                case "getContentType" -> "application/json";
                case "getContentLengthLong" -> -1L;
                case "getInputStream" -> new BodyStream(body);
                default -> throw new UnsupportedOperationException(method.getName());
            });
    }

    private static InputStream text(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void bodyIsRead() throws Exception {
        assertThat(read(text("{\"value\":\"ä\"}"))).isEqualTo("{\"value\":\"ä\"}");
    }

    /** Such as Payara and Open Liberty do when their own time limit is over. */
    @Test
    void bodyWhoseReadFailsIsTheFaultOfTheClient() {
        assertThatThrownBy(() -> read(new SequenceInputStream(text("{"), BROKEN))).isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.status()).isEqualTo(400);
            assertThat(e.code()).isEqualTo("bad_message");
        });
    }

    private static final class BodyStream extends ServletInputStream {

        private final InputStream body;

        private BodyStream(InputStream body) {
            this.body = body;
        }

        @Override
        public int read() throws IOException {
            return body.read();
        }

        @Override
        public boolean isFinished() {
            return false;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setReadListener(ReadListener listener) {
            throw new UnsupportedOperationException("blocking reads only");
        }
    }
}
