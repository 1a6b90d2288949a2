package dev.partyline.assets;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A text in two codings. */
class CompressedTextTest {

    private static final byte[] TEXT = "partyline ".repeat(100).getBytes(StandardCharsets.UTF_8);
    private final CompressedText text = new CompressedText(TEXT);

    @Test
    void compressedTextIsTheSameTextAndSmaller() throws IOException {
        byte[] compressed = text.bytes(true);

        assertThat(new GZIPInputStream(new ByteArrayInputStream(compressed)).readAllBytes()).isEqualTo(TEXT);
        assertThat(compressed).hasSizeLessThan(TEXT.length / 10);
        assertThat(text.bytes(false)).isEqualTo(TEXT);
        assertThat(new CompressedText(TEXT).bytes(true)).isEqualTo(compressed);
    }

    @Test
    void eachCodingHasATagOfItsOwnThatChangesWithTheText() {
        CompressedText other = new CompressedText(new byte[] {'x'});

        assertThat(text.tag(true)).isNotEqualTo(text.tag(false)).matches("\"[0-9a-f-]+gzip\"").isNotEqualTo(other.tag(true));
        assertThat(text.tag(false)).matches("\"[0-9a-f-]+\"").isNotEqualTo(other.tag(false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.001", "*", "identity;q=0, *;q=0.5", "x-gzip", "gzip;q=1.000"})
    void gzipIsAccepted(String header) {
        assertThat(CompressedText.isAccepted(header)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "identity", "br", "gzip;q=0", "gzip; q=0.000, *", "*, gzip;q=0", "*;q=0", ",;,", "gzipped"})
    void gzipIsNotAccepted(String header) {
        assertThat(CompressedText.isAccepted(header)).isFalse();
        assertThat(CompressedText.isAccepted(null)).isFalse();
    }
}
