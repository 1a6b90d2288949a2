package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class EncodedMessageTest {

    private final EncodedMessage first = new EncodedMessage("{\"a\":1}");
    private final EncodedMessage second = new EncodedMessage("{\"b\":\"ü€😀\"}");
    private final EncodedMessage third = new EncodedMessage("");

    @Test
    void concatenationJoinsTheTextsByLineFeeds() {
        EncodedMessage row = first.followedBy(second).followedBy(third).followedBy(first);

        assertThat(row.text()).isEqualTo("{\"a\":1}\n{\"b\":\"ü€😀\"}\n\n{\"a\":1}").hasSize(row.length());
        assertThat(StandardCharsets.UTF_8.decode(row.utf8()).toString()).isEqualTo(row.text());
    }

    @Test
    void equalConcatenationsShareTextAndBytes() {
        EncodedMessage one = first.followedBy(second).followedBy(third);
        EncodedMessage other = first.followedBy(second).followedBy(third);

        assertThat(one.text()).isSameAs(other.text());
        assertThat(one.utf8().array()).isSameAs(other.utf8().array());
        one.utf8().get();
        assertThat(other.utf8().position()).isZero();
    }

    @Test
    void concatenationsWithTheSameStartAreDistinct() {
        EncodedMessage one = first.followedBy(second);

        assertThat(first.followedBy(third).text()).isEqualTo("{\"a\":1}\n");
        assertThat(one.text()).isEqualTo("{\"a\":1}\n{\"b\":\"ü€😀\"}");
    }
}
