package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.handler.ValueCodec.BadValueException;
import dev.partyline.testing.LogCapture;
import dev.partyline.wire.RawJson;
import jakarta.json.bind.JsonbBuilder;
import jakarta.json.bind.annotation.JsonbDateFormat;
import jakarta.json.bind.config.PropertyNamingStrategy;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

class ValueCodecTest {

    private static final Instant INSTANT = Instant.parse("2024-11-06T15:06:15.168Z");
    private static final String UTC = "\"2024-11-06T15:06:15.168Z\"";
    private static final String BERLIN = "\"2024-11-06T16:06:15.168+01:00\"";

    private final ValueCodec codec = new ValueCodec();

    public record Numbers(int i, long l, Long boxed, BigInteger big, double d, short s) {
    }

    public record Order(long orderId, List<Numbers> items) {
    }

    public static class Formatted {

        @JsonbDateFormat("dd.MM.yyyy HH:mm")
        public Date day = Date.from(INSTANT);
        public Date plain = day;
        @JsonbDateFormat(JsonbDateFormat.TIME_IN_MILLIS)
        public Date millis = day;
        public Object dynamic = day;
    }

    record Hidden(int x) {
    }

    public record Shown(Hidden hidden, int y) {
    }

    public static class NoConstructor {

        public final int x;

        NoConstructor(int x) {
            this.x = x;
        }
    }

    public static class Throwing {

        public String getX() {
            throw new IllegalStateException("no database");
        }
    }

    public abstract static class Abstract {

        public int x;
    }

    public record Checked(int x) {

        public Checked {
            if (x < 0) {
                throw new IllegalArgumentException("x is " + x);
            }
        }
    }

    @AfterEach
    void close() {
        codec.close();
    }

    static Stream<Object[]> times() {
        Calendar calendar = new GregorianCalendar(TimeZone.getTimeZone("Europe/Berlin"));
        calendar.setTimeInMillis(INSTANT.toEpochMilli());
        return Stream.of(new Object[] {Date.from(INSTANT), Date.class, UTC}, new Object[] {Timestamp.from(INSTANT), Timestamp.class, UTC},
            new Object[] {calendar, Calendar.class, BERLIN}, new Object[] {calendar, GregorianCalendar.class, BERLIN},
            new Object[] {INSTANT.atZone(TimeZone.getTimeZone("Europe/Berlin").toZoneId()), ZonedDateTime.class, BERLIN},
            new Object[] {INSTANT, Instant.class, UTC}, new Object[] {OffsetDateTime.parse(BERLIN.replace("\"", "")), OffsetDateTime.class, BERLIN},
            new Object[] {java.sql.Date.valueOf("2024-11-06"), java.sql.Date.class, "\"2024-11-06\""});
    }

    @ParameterizedTest
    @MethodSource("times")
    void timesArriveAsJavaScriptReadsThem(Object time, Class<?> type, String json) {
        assertThat(codec.write(time)).isEqualTo(json);
        assertThat(codec.write(List.of(Optional.of(time)))).isEqualTo("[" + json + "]");
        assertThat(codec.write(Map.of("at", time))).isEqualTo("{\"at\":" + json + "}");
        Object read = codec.read(Optional.of(json), type);
        assertThat(read).isInstanceOf(type);
        assertThat(codec.write(read)).isEqualTo(json);
    }

    @Test
    void timeThatAPageSendsIsReadAtAnyOffset() {
        assertThat(codec.read(Optional.of(UTC), Date.class)).isEqualTo(codec.read(Optional.of(BERLIN), Date.class)).isEqualTo(Date.from(INSTANT));
    }

    @Test
    void formatOfAnAnnotationCounts() {
        assertThat(codec.write(new Formatted()))
            .isEqualTo("{\"day\":\"06.11.2024 15:06\",\"dynamic\":" + UTC + ",\"millis\":" + INSTANT.toEpochMilli() + ",\"plain\":" + UTC + "}");
    }

    @Test
    void numbersThatFitAreRead() {
        String json = "{\"i\":-2147483648,\"l\":9007199254740991,\"boxed\":-9007199254740991,\"big\":9007199254740991,\"d\":100000000000000000000,\"s\":-5}";
        assertThat(codec.read(Optional.of(json), Numbers.class))
            .isEqualTo(new Numbers(Integer.MIN_VALUE, 9007199254740991L, -9007199254740991L, BigInteger.valueOf(9007199254740991L), 1e20, (short) -5));
        // As other languages write integers, and strings, which have any integer.
        assertThat(codec.read(Optional.of("{\"i\":2.0,\"l\":1e3,\"boxed\":\"9223372036854775807\",\"big\":\"12345678901234567890123\"}"), Numbers.class))
            .isEqualTo(new Numbers(2, 1000, Long.MAX_VALUE, new BigInteger("12345678901234567890123"), 0, (short) 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"i\":1.5", "\"i\":4294967297", "\"i\":1e999999999", "\"i\":1e-999999999", "\"l\":1.5", "\"l\":9007199254740992", "\"l\":-9007199254740992",
        "\"l\":-9223372036854775808", "\"l\":1e30", "\"boxed\":0.1", "\"boxed\":9007199254740993", "\"big\":9007199254740993", "\"big\":1.5", "\"s\":70000", "\"s\":1.5"})
    void numberThatDoesNotFitIsRefused(String member) {
        assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of("{" + member + "}"), Numbers.class));
        assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of("{\"orderId\":1,\"items\":[{" + member + "}]}"), Order.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.5", "4294967297"})
    void bareNumberThatDoesNotFitIsRefused(String number) {
        assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of(number), Integer.class));
        assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of(number), int.class));
        assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of("[" + number + "]"), int[].class));
    }

    @Test
    void integerThatJavaScriptRoundsIsNotWritten() {
        assertThatIllegalArgumentException().isThrownBy(() -> codec.write(new Order(1, List.of(new Numbers(1, 9007199254740993L, 1L, BigInteger.ONE, 1, (short) 1)))))
            .withMessageContaining("items[0].l, 9007199254740993, is beyond ±(2^53-1)").withMessageContaining("send it as a string");
        assertThatIllegalArgumentException().isThrownBy(() -> codec.write(Map.of("big", new BigInteger("12345678901234567890123"))));
        assertThatIllegalArgumentException().isThrownBy(() -> codec.write(Long.MIN_VALUE));
        assertThat(codec.write(List.of(9007199254740991L, 1e300, new BigDecimal("0.10000000000000000001")))).isEqualTo("[9007199254740991,1.0E300,0.10000000000000000001]");
        assertThat(codec.write(new RawJson("9007199254740993"))).as("raw JSON is not looked into").isEqualTo("9007199254740993");
    }

    @Test
    void applicationChoosesTheConfigurationOfJsonB() {
        codec.use(ValueMapper.of(ValueMapper.defaultConfig().withPropertyNamingStrategy(PropertyNamingStrategy.LOWER_CASE_WITH_UNDERSCORES)));
        assertThat(codec.write(new Order(7, List.of()))).isEqualTo("{\"items\":[],\"order_id\":7}");
        assertThat(codec.read(Optional.of("{\"order_id\":7}"), Order.class)).isEqualTo(new Order(7, null));
        assertThat(codec.write(Date.from(INSTANT))).isEqualTo(UTC);
        assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of("{\"order_id\":1.5}"), Order.class));
        assertThatIllegalArgumentException().isThrownBy(() -> codec.write(new Order(9007199254740993L, List.of())));
    }

    @Test
    void applicationsOwnJsonBIsUsedAsItIs() {
        codec.use(ValueMapper.of(JsonbBuilder.create()));
        assertThat(codec.write(Date.from(INSTANT))).isEqualTo("\"2024-11-06T15:06:15.168Z[UTC]\"");
        assertThat(codec.read(Optional.of("1.5"), Integer.class)).isEqualTo(1);
        assertThatIllegalArgumentException().isThrownBy(() -> codec.write(9007199254740993L));
    }

    /** As README.md shows it. */
    private static final class JacksonMapper implements ValueMapper {

        private final ObjectMapper json = JsonMapper.builder().build();

        @Override
        public String write(Object value) {
            return json.writeValueAsString(value);
        }

        @Override
        public Object read(String text, Type type) {
            return json.readValue(text, json.constructType(type));
        }
    }

    @Test
    void jacksonCanBeTheMapper() {
        codec.use(new JacksonMapper());
        assertThat(codec.write(new Order(7, List.of()))).isEqualTo("{\"orderId\":7,\"items\":[]}");
        assertThat(codec.read(Optional.of("{\"orderId\":7,\"items\":[]}"), Order.class)).isEqualTo(new Order(7, List.of()));
        assertThat(codec.<Object>read(Optional.empty(), Order.class)).isNull();
        assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of("{\"orderId\":\"x\"}"), Order.class));
        assertThatIllegalArgumentException().isThrownBy(() -> codec.write(new Order(9007199254740993L, List.of()))).withMessageContaining("orderId");
        assertThatIllegalArgumentException().isThrownBy(() -> codec.write(new Throwing()))
            .withMessageStartingWith("a " + Throwing.class.getName() + " cannot be written as JSON: ");
        assertThat(codec.write(new RawJson("[ 1 ]"))).isEqualTo("[ 1 ]");
    }

    static Stream<Object[]> unusable() {
        return Stream.of(new Object[] {Hidden.class, "{\"x\":1}", "class is not public"}, new Object[] {Shown.class, "{\"hidden\":{\"x\":1}}", "class is not public"},
            new Object[] {NoConstructor.class, "{\"x\":1}", "neither a constructor without parameters"}, new Object[] {Abstract.class, "{\"x\":1}", "InstantiationException"});
    }

    @ParameterizedTest
    @MethodSource("unusable")
    void classThatCannotBeReachedIsNamedInTheLogOnce(Class<?> type, String json, String reason) {
        try (LogCapture log = LogCapture.instead(Level.WARNING)) {
            for (int i = 0; i < 2; i++) {
                assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of(json), type));
            }
            assertThat(log.messages(Level.WARNING)).singleElement().asString().contains(type.getName(), reason);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"x\":\"secret\"}", "{\"x\":-1}", "[]", "\"secret\"", "{\"x\":1.5}"})
    void valueThatDoesNotFitIsNotInTheLog(String json) {
        try (LogCapture log = LogCapture.instead(Level.WARNING)) {
            assertThatExceptionOfType(BadValueException.class).isThrownBy(() -> codec.read(Optional.of(json), Checked.class));
            assertThat(log.messages(Level.WARNING)).isEmpty();
        }
    }
}
