package dev.partyline;

import dev.partyline.connection.AdmissionRules;
import dev.partyline.connection.CallerRules;
import dev.partyline.connection.ClientLimits;
import dev.partyline.connection.MessageLimits;
import dev.partyline.connection.TrustedProxies;
import dev.partyline.handler.ApplicationPool;
import dev.partyline.handler.Dispatcher;
import dev.partyline.line.FlowLimits;
import dev.partyline.line.HoldLimits;
import dev.partyline.line.InboxLimits;
import dev.partyline.line.LineLimits;
import dev.partyline.line.Quotas;
import dev.partyline.line.RateLimits;
import dev.partyline.line.Timeouts;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.wire.JsonLimits;
import jakarta.servlet.ServletContext;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The value of every {@link Setting}, read once at the start. The components of inner packages get plain values. */
public final class Settings {

    private static final System.Logger LOG = System.getLogger(Settings.class.getName());

    /** Variables of the launcher, and those that Kubernetes sets in each container beside a service with the name partyline. */
    private static final Pattern NOT_SETTINGS = Pattern.compile("PARTYLINE_(HOST|CONTEXT|PORT(_.*)?|SERVICE_.*)");

    /** Settings by their former names: a setting that is still set by one must not lose its effect silently. */
    private static final Map<String, Setting> RENAMED = Map.of("partyline.operators", Setting.EVENT_LOOPS, "partyline.quick.chars", Setting.SYNC_SEND_CHARS);

    /** Characters for each message, where the rates of characters are not set. */
    private static final long AVERAGE_CHARS = 5120;
    private static final long BURST_CHARS = 10_240;

    private final Map<Setting, Object> values = new EnumMap<>(Setting.class);
    private final Set<String> declaredRoles;

    /**
     * @param source        gives the text of a setting where it is set
     * @param declaredRoles of the application
     * @throws IllegalArgumentException for an invalid value
     */
    Settings(Function<Setting, Optional<String>> source, Set<String> declaredRoles) {
        this.declaredRoles = Set.copyOf(declaredRoles);
        for (Setting setting : Setting.values()) {
            values.put(setting, setting.parse(source.apply(setting).map(String::strip).orElse(setting.standard())));
        }
    }

    static Settings of(ServletContext context) {
        rejectRenamed(context);
        warnOfUnknown(context);
        return new Settings(setting -> Optional.ofNullable(System.getProperty(setting.property()))
            .or(() -> Optional.ofNullable(System.getenv(setting.variable())))
            .or(() -> Optional.ofNullable(context.getInitParameter(setting.property()))), DeclaredRoles.of(context));
    }

    private static void rejectRenamed(ServletContext context) {
        RENAMED.forEach((name, setting) -> {
            if (System.getProperty(name) != null) {
                throw renamed("system property " + name, setting.property());
            }
            if (System.getenv(Setting.variable(name)) != null) {
                throw renamed("environment variable " + Setting.variable(name), setting.variable());
            }
            if (context.getInitParameter(name) != null) {
                throw renamed("context parameter " + name, setting.property());
            }
        });
    }

    private static IllegalArgumentException renamed(String where, String name) {
        return new IllegalArgumentException(where + " has been renamed: set " + name + " instead");
    }

    /** A misspelt setting would otherwise be ignored in silence. */
    private static void warnOfUnknown(ServletContext context) {
        Set<String> known = Arrays.stream(Setting.values()).map(Setting::property).collect(Collectors.toSet());
        Set<String> variables = Arrays.stream(Setting.values()).map(Setting::variable).collect(Collectors.toSet());
        Stream<String> properties = Stream.concat(System.getProperties().stringPropertyNames().stream(), Collections.list(context.getInitParameterNames()).stream())
            .filter(name -> name.startsWith("partyline.") && !known.contains(name));
        Stream<String> environment = System.getenv().keySet().stream()
            .filter(name -> name.startsWith("PARTYLINE_") && !variables.contains(name) && !NOT_SETTINGS.matcher(name).matches());
        Stream.concat(properties, environment)
            .forEach(name -> LOG.log(System.Logger.Level.WARNING, "Unknown setting {0}; see the README for the list of settings", name));
    }

    public int count(Setting setting) {
        return Math.toIntExact((Long) values.get(setting));
    }

    public Duration time(Setting setting) {
        return (Duration) values.get(setting);
    }

    public boolean isOn(Setting setting) {
        return (Boolean) values.get(setting);
    }

    public String text(Setting setting) {
        return (String) values.get(setting);
    }

    /** Of a setting that is a list. */
    @SuppressWarnings("unchecked")
    Set<String> names(Setting setting) {
        return (Set<String>) values.get(setting);
    }

    ClientLimits connection() {
        JsonLimits json = new JsonLimits(count(Setting.JSON_DEPTH), count(Setting.JSON_NUMBER_CHARS), count(Setting.JSON_MEMBERS));
        MessageLimits message = new MessageLimits(count(Setting.MESSAGE_CHARS), count(Setting.NAME_CHARS), json);
        AdmissionRules admission = new AdmissionRules(names(Setting.ORIGINS), names(Setting.HOSTS), proxies(), isOn(Setting.USER_REQUIRED), isOn(Setting.PLAIN_CLIENTS),
            time(Setting.PLAIN_AFTER), time(Setting.HELLO_WITHIN));
        return new ClientLimits(lines(), message, admission, caller());
    }

    TrustedProxies proxies() {
        return TrustedProxies.of(names(Setting.PROXIES));
    }

    private CallerRules caller() {
        Set<String> roles = new HashSet<>(declaredRoles);
        roles.addAll(names(Setting.CALLER_ROLES));
        return new CallerRules(roles, names(Setting.CALLER_HEADERS), names(Setting.CALLER_PARAMETERS), count(Setting.CALLER_CHARS), isOn(Setting.SESSION_KEEP_ALIVE));
    }

    private LineLimits lines() {
        FlowLimits flow = new FlowLimits(count(Setting.WINDOW_CHARS), count(Setting.SYNC_SEND_CHARS), count(Setting.BATCH_CHARS));
        Timeouts timeouts = new Timeouts(time(Setting.SEND_WITHIN), time(Setting.SILENCE), time(Setting.KEEP_ALIVE));
        Quotas quotas = new Quotas(count(Setting.LINES), count(Setting.LINES_PER_USER), count(Setting.LINES_PER_ADDRESS),
            count(Setting.LINES_PER_ADDRESS_RATE), count(Setting.SOCKETS_PER_ADDRESS), count(Setting.TABS), count(Setting.TOPICS));
        InboxLimits inbox = new InboxLimits(count(Setting.INBOX_MESSAGES), count(Setting.INBOX_CHARS));
        return new LineLimits(flow, timeouts, quotas, inbox, new HoldLimits(time(Setting.HOLD), count(Setting.HELD_LINES), count(Setting.HELD_CHARS)), rates());
    }

    /** A message of the maximum length can always be sent. */
    private RateLimits rates() {
        int chars = countOr(Setting.RATE_CHARS, AVERAGE_CHARS * count(Setting.RATE));
        int charsBurst = countOr(Setting.RATE_CHARS_BURST, BURST_CHARS * count(Setting.RATE_BURST));
        return new RateLimits(count(Setting.RATE), count(Setting.RATE_BURST), chars, Math.max(charsBurst, count(Setting.MESSAGE_CHARS)));
    }

    private int countOr(Setting setting, long auto) {
        return count(setting) > 0 ? count(setting) : (int) Math.min(auto, Integer.MAX_VALUE);
    }

    Dispatcher.Limits dispatcher() {
        return new Dispatcher.Limits(applicationPool(), count(Setting.HANDLER_WAITING_PER_TAB), count(Setting.INBOX_CHARS));
    }

    ApplicationPool.Limits applicationPool() {
        int threads = countOr(Setting.HANDLER_THREADS, Math.max(16, 4 * processors()));
        // One thread is left for the other lines, if there is more than one.
        int quarter = Math.max(1, Math.max(Math.min(2, threads - 1), threads / 4));
        int perLine = Math.min(threads, countOr(Setting.HANDLER_THREADS_PER_LINE, quarter));
        int perUser = Math.max(perLine, Math.min(threads, countOr(Setting.HANDLER_THREADS_PER_USER, threads / 2)));
        return new ApplicationPool.Limits(threads, perLine, perUser, count(Setting.HANDLER_WAITING),
            countOr(Setting.HANDLER_THREADS_REPLACED, 4 * threads), time(Setting.HANDLER_WITHIN));
    }

    Retention retention() {
        return Retention.history(count(Setting.LOG_MESSAGES), count(Setting.LOG_CHARS), time(Setting.LOG_AGE));
    }

    RetainedMemory memory() {
        return new RetainedMemory(Math.max(1, Runtime.getRuntime().maxMemory() / 100 * count(Setting.MEMORY_PERCENT)));
    }

    /** A line can always create as many topics as it may join. */
    TopicQuotas topics() {
        int perLine = Math.max(count(Setting.LOGS_PER_LINE), count(Setting.TOPICS));
        return new TopicQuotas(count(Setting.LOGS), perLine, Math.max(count(Setting.LOGS_PER_USER), perLine), Math.max(count(Setting.LOGS_PER_ADDRESS), perLine));
    }

    int eventLoops() {
        return countOr(Setting.EVENT_LOOPS, processors());
    }

    private int countOr(Setting setting, int auto) {
        int count = count(setting);
        return count > 0 ? count : auto;
    }

    private static int processors() {
        return Runtime.getRuntime().availableProcessors();
    }
}
