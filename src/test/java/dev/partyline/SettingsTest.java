package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Each setting, from each of the three places it may be given in. */
class SettingsTest {

    @ParameterizedTest
    @EnumSource
    void standardIsAllowed(Setting setting) {
        assertThat(setting.parse(setting.standard())).isNotNull();
    }

    @ParameterizedTest
    @EnumSource
    void contextParameterCountsWhereNothingElseIsSet(Setting setting) {
        Settings settings = Settings.of(context(Map.of(setting.property(), valid(setting))));

        assertThat(valueOf(settings, setting)).isEqualTo(setting.parse(valid(setting)));
    }

    @ParameterizedTest
    @EnumSource
    void systemPropertyWinsOverContextParameter(Setting setting) {
        System.setProperty(setting.property(), valid(setting));
        try {
            Settings settings = Settings.of(context(Map.of(setting.property(), "never looked at")));

            assertThat(valueOf(settings, setting)).isEqualTo(setting.parse(valid(setting)));
        } finally {
            System.clearProperty(setting.property());
        }
    }

    /** A variable must be there before the JVM, so another one is started for it. */
    @Test
    void environmentVariableIsSeenAndASystemPropertyWinsOverIt() throws IOException, InterruptedException {
        assertThat(inOtherJvm(Map.of("PARTYLINE_LOG_AGE", "42s"), List.of())).isEqualTo("PT42S");
        assertThat(inOtherJvm(Map.of("PARTYLINE_LOG_AGE", "42s"), List.of("-Dpartyline.log.age=43s"))).isEqualTo("PT43S");
    }

    @ParameterizedTest
    @CsvSource({
        "partyline.tabs, 0, a whole number from 1 to 2147483647",
        "partyline.tabs, many, a whole number from 1 to 2147483647",
        "partyline.tabs, 99999999999, a whole number from 1 to 2147483647",
        "partyline.operators, -1, 'a whole number from 1 to 2147483647, or auto'",
        "partyline.demo, yes, true or false",
        "partyline.hold, soon, a time such as PT5S",
        "partyline.hold, 0s, a time such as PT5S",
        "partyline.hold, -5s, a time such as PT5S",
    })
    void refusalNamesSettingValueAndWhatIsAllowed(String name, String value, String allowed) {
        assertThatIllegalArgumentException().isThrownBy(() -> Settings.of(context(Map.of(name, value))))
            .withMessageContaining(name).withMessageContaining("\"" + value + "\"").withMessageContaining(allowed);
    }

    @ParameterizedTest
    @CsvSource({"PT2M, 120000", "2m, 120000", "5s, 5000", "500ms, 500", "1.5s, 1500"})
    void timesAreWrittenInTwoWays(String text, long millis) {
        assertThat(Setting.HOLD.parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @Test
    void originsAreAListWithoutItsSpaces() {
        Settings settings = new Settings(setting -> setting == Setting.ORIGINS ? Optional.of(" https://a.example , https://b.example,") : Optional.empty());

        assertThat(settings.origins()).containsExactlyInAnyOrder("https://a.example", "https://b.example");
    }

    private static String valid(Setting setting) {
        Object standard = setting.parse(setting.standard());
        return standard instanceof Boolean flag ? String.valueOf(!flag) : standard instanceof Long ? "7" : standard instanceof Duration ? "7s" : "seven";
    }

    private static Object valueOf(Settings settings, Setting setting) {
        Object standard = setting.parse(setting.standard());
        return standard instanceof Boolean ? settings.isOn(setting) : standard instanceof Long ? (long) settings.count(setting)
            : standard instanceof Duration ? settings.time(setting) : settings.text(setting);
    }

    private static String inOtherJvm(Map<String, String> environment, List<String> flags) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-cp", System.getProperty("java.class.path")));
        command.addAll(flags);
        command.add(SettingsTest.class.getName());
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes()).strip();
        assertThat(process.waitFor()).isZero();
        return said;
    }

    /** What the other JVM runs. */
    public static void main(String[] args) {
        System.out.println(Settings.of(context(Map.of("partyline.log.age", "never looked at"))).time(Setting.LOG_AGE));
    }

    private static ServletContext context(Map<String, String> parameters) {
        return (ServletContext) Proxy.newProxyInstance(SettingsTest.class.getClassLoader(), new Class<?>[] {ServletContext.class}, (proxy, method, arguments) -> {
            return switch (method.getName()) {
                case "getInitParameter" -> parameters.get((String) arguments[0]);
                case "getInitParameterNames" -> Collections.enumeration(parameters.keySet());
                default -> throw new UnsupportedOperationException(method.getName());
            };
        });
    }
}
