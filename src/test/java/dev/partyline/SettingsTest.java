package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.partyline.stats.Limit;
import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
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
    void limitIsRaisedByASetting(Limit limit) {
        assertThat(Setting.values()).extracting(Setting::property).contains(limit.setting());
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
    @CsvSource({"partyline.operators, partyline.event.loops", "partyline.quick.chars, partyline.sync.send.chars"})
    void formerNameStopsTheStartAndNamesTheNewOne(String former, String name) throws IOException, InterruptedException {
        assertThatIllegalArgumentException().isThrownBy(() -> Settings.of(context(Map.of(former, "1"))))
            .withMessage("context parameter " + former + " has been renamed: set " + name + " instead");
        System.setProperty(former, "1");
        try {
            assertThatIllegalArgumentException().isThrownBy(() -> Settings.of(context(Map.of())))
                .withMessage("system property " + former + " has been renamed: set " + name + " instead");
        } finally {
            System.clearProperty(former);
        }
        assertThat(inOtherJvm(Map.of(variable(former), "1"), List.of()))
            .isEqualTo("environment variable " + variable(former) + " has been renamed: set " + variable(name) + " instead");
    }

    private static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    @ParameterizedTest
    @EnumSource
    void refusalNamesSettingValueAndWhatIsAllowed(Setting setting) {
        for (String value : bad(setting)) {
            assertThatIllegalArgumentException().as("%s of \"%s\"", setting, value)
                .isThrownBy(() -> Settings.of(context(Map.of(setting.property(), value))))
                .withMessage(setting.property() + " is \"" + value + "\", must be " + setting.allowed());
        }
    }

    private static List<String> bad(Setting setting) {
        Object standard = setting.parse(setting.standard());
        if (standard instanceof Boolean) {
            return List.of("", "yes", "TRUE", "1");
        }
        if (standard instanceof Long) {
            return List.of("", "0", "-1", "1.5", "many", "2147483648", "99999999999999999999");
        }
        if (standard instanceof Duration) {
            return List.of("", "0s", "-5s", "5", "soon", "PT0.0001S", "366d", "P366D", "99999999999999999999ms");
        }
        if (setting == Setting.HOSTS) {
            return List.of("https://a.example", "a.example:80", "a b", "a.example, b/c", ".example", "*.example");
        }
        if (setting == Setting.PROXIES) {
            return List.of("proxy.example", "10.0.0.0/33", "10.0.0.1:80", "10.0.0.*", "10.0.0.1, ::1/129", "10.0.0.1 10.0.0.2");
        }
        if (setting == Setting.CALLER_HEADERS) {
            return List.of("X-Shop: 1", "X Shop", "schlüssel");
        }
        return setting == Setting.ORIGINS ? List.of("a.example", "https://a.example/", "https://", "https://a.example, https://b c") : List.of();
    }

    @ParameterizedTest
    @CsvSource({
        "partyline.event.loops, 1024, 'a whole number from 1 to 1024, or auto'",
        "partyline.handler.threads, 10000, 'a whole number from 1 to 10000, or auto'",
        "partyline.handler.waiting, 1000000, a whole number from 1 to 1000000",
        "partyline.name.chars, 128, a whole number from 1 to 128",
        "partyline.json.depth, 64, a whole number from 2 to 64",
    })
    void whatWouldTakeTheServerDownHasALowerTop(String name, long most, String allowed) {
        assertThat(Settings.of(context(Map.of(name, "" + most)))).isNotNull();
        assertThatIllegalArgumentException().isThrownBy(() -> Settings.of(context(Map.of(name, "" + (most + 1)))))
            .withMessage(name + " is \"" + (most + 1) + "\", must be " + allowed);
    }

    @ParameterizedTest
    @CsvSource({"two words", "schlüssel", "'a\tb'"})
    void keyThatNoHeaderCarriesIsRefusedAndNotTold(String key) {
        assertThatIllegalArgumentException().isThrownBy(() -> Settings.of(context(Map.of("partyline.api.key", key))))
            .withMessage("partyline.api.key is not what it may be, which is visible ASCII characters, without spaces")
            .withNoCause();
    }

    @ParameterizedTest
    @CsvSource({"PT2M, 120000", "2m, 120000", "5s, 5000", "500ms, 500", "1.5s, 1500"})
    void timesAreWrittenInTwoWays(String text, long millis) {
        assertThat(Setting.HOLD.parse(text)).isEqualTo(Duration.ofMillis(millis));
    }

    @Test
    void originsAreAListInWhateverCaseWithoutItsSpaces() {
        Settings settings = Settings.of(context(Map.of("partyline.origins", " https://A.example:8443 , chrome-extension://abc,")));

        assertThat(settings.names(Setting.ORIGINS)).containsExactlyInAnyOrder("https://a.example:8443", "chrome-extension://abc");
    }

    @Test
    void hostsAreAListInWhateverCaseWithoutItsSpaces() {
        assertThat(Settings.of(context(Map.of("partyline.hosts", " App.example.org , my_host,"))).names(Setting.HOSTS)).containsExactlyInAnyOrder("app.example.org", "my_host");
        assertThat(Settings.of(context(Map.of("partyline.hosts", "*"))).names(Setting.HOSTS)).containsExactly("*");
    }

    /** What it does is another test's; but one that nobody ever sets is a promise that nobody has tried. */
    @ParameterizedTest
    @EnumSource
    void isSetInATestOfARunningServer(Setting setting) throws IOException {
        try (Stream<Path> tests = Files.walk(Path.of("src/test/java"))) {
            long mentions = 0;
            for (Path test : tests.filter(file -> file.toString().endsWith("IT.java")).toList()) {
                String text = Files.readString(test);
                mentions += Stream.of('"' + setting.property() + '"', '"' + setting.variable() + '"', "-D" + setting.property() + "=").filter(text::contains).count();
            }
            assertThat(mentions).isPositive();
        }
    }

    private static String valid(Setting setting) {
        Object standard = setting.parse(setting.standard());
        return setting == Setting.ORIGINS ? "https://seven.example" : setting == Setting.PROXIES ? "192.0.2.7, 2001:db8::/32"
            : standard instanceof Boolean flag ? String.valueOf(!flag) : standard instanceof Long ? "7" : standard instanceof Duration ? "7s" : "seven";
    }

    private static Object valueOf(Settings settings, Setting setting) {
        Object standard = setting.parse(setting.standard());
        return standard instanceof Set ? settings.names(setting)
            : standard instanceof Boolean ? settings.isOn(setting) : standard instanceof Long ? (long) settings.count(setting)
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
        try {
            System.out.println(Settings.of(context(Map.of("partyline.log.age", "never looked at"))).time(Setting.LOG_AGE));
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
    }

    private static ServletContext context(Map<String, String> parameters) {
        return (ServletContext) Proxy.newProxyInstance(SettingsTest.class.getClassLoader(), new Class<?>[] {ServletContext.class}, (proxy, method, arguments) -> {
            return switch (method.getName()) {
                case "getInitParameter" -> parameters.get((String) arguments[0]);
                case "getResourceAsStream" -> null;
                case "getInitParameterNames" -> Collections.enumeration(parameters.keySet());
                default -> throw new UnsupportedOperationException(method.getName());
            };
        });
    }
}
