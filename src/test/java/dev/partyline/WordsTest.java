package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * One standard term for one thing: words that were replaced by the standard term do not return. The glossary at the head of ARCHITECTURE.md has the terms.
 *
 * <p>Words are found without regard to case, in prose and in identifiers, which are split at their capitals: {@code mail ?room} finds {@code Mailroom} and {@code mailRoom}.
 * To retire a word, add a row; to allow one use of it, add the exact text to {@link #ALLOWED}, with the reason.
 */
class WordsTest {

    /** A regular expression for whole words, and what to write instead. */
    private static final String RETIRED = """
        switchboards?                     | hub
        exchange                          | hub (browser), server context (server)
        hook ?ups?                        | worker connection
        house( ?rules)?                   | tab protocol
        mail ?room                        | sender
        outbox                            | send queue
        letter                            | queued message
        patience                          | backpressure, timeout
        pace                              | rate, rate limiter
        post ?pages?                      | plain pages
        diary                             | event log
        parcels?                          | encoded message
        carriers?                         | line connection
        farewells?|goodbyes?              | close, graceful close
        lanes?                            | key, keyed executor
        doorway                           | handshake request filter
        reception                         | hello handler
        intake                            | inbound statistics
        visitors?                         | anonymous user, handshake info
        tenants?                          | handlers
        errands?                          | invocation
        news                              | events, new messages
        (?<!unary )operators?             | event loop
        buried                            | the lock that was freed
        (?<!time )spent                   | used, exempt
        greet(s|ed|ing|ings)?             | hello, welcome
        speakers?                         | tabs by port
        vain                              | unanswered, without success
        verdicts?                         | decision, action
        turns?(?! (into|on|off|the))      | permit, generation, order
        claim(s|ed|ing)?                  | reserve, adopt, recover
        (the|a) wire                      | the connection, the protocol
        hears?|heard|hearing              | receive, deliver, acknowledge
        said|told                         | sent, reported
        whoever|whomever                  | name the component
        (no|some|every|any)body           | name the component: no tab, a client, each line
        those who                         | name the component
        (is|are|was|were) gone            | was removed, has ended, is no longer retained
        life signs?|signs? of life        | heartbeat
        weather                           | transient failure
        knocks?                           | connects
        (?<!there )(is|are|was|were) none | is invalid, is malformed, is not a …
        (a|the|this|one|next|each) pass   | iteration (event loop), flush (worker)
        """;

    /** Uses that are right, with the reason. */
    private static final List<String> ALLOWED = List.of(
        // The member of $welcome with the last accepted id.
        "`heard`", "`$welcome.heard`", "{number} heard", "heard: ", "\\\"heard\\\"",
        // The former name of a setting, which stops the start with a message that has the new one.
        "\"partyline.operators\"", "`partyline.operators`",
        // The JDK's.
        "UnaryOperator");

    private static final List<Path> DOCUMENTS = List.of(Path.of("README.md"), Path.of("PROTOCOL.md"), Path.of("ARCHITECTURE.md"), Path.of("CONTRIBUTING.md"), Path.of("SECURITY.md"),
        Path.of("docs/guides/jakarta.md"), Path.of("docs/guides/spring-boot.md"), Path.of("docs/guides/proxies.md"),
        Path.of("src/test/java/dev/partyline/browser/CASES.md"));
    private static final Path SOURCES = Path.of("src/main");
    private static final Pattern SOURCE = Pattern.compile(".*\\.(java|js|ts|html|xml|json|properties)");

    /** Parts of documents that are not prose: the glossary, and what is generated from the code. */
    private static final Pattern EXEMPT_PART = Pattern.compile("<!-- /?(glossary|settings) -->");
    /** In documents: examples of the protocol, and names of tests. */
    private static final Pattern NAMES = Pattern.compile("^\\{.*|`\\w+(IT|Test)\\.\\w+`|“[^”]*”");
    private static final int COLUMNS = 110;

    private record Retired(Pattern word, String instead) {

        static Retired of(String row) {
            int bar = row.lastIndexOf(" | ");
            return new Retired(Pattern.compile("\\b(?:" + row.substring(0, bar).strip() + ")\\b", Pattern.CASE_INSENSITIVE), row.substring(bar + 3).strip());
        }
    }

    @Test
    void retiredWordsStayAway() {
        List<Retired> words = RETIRED.lines().map(Retired::of).toList();
        Pattern any = Pattern.compile(words.stream().map(retired -> retired.word().pattern()).collect(Collectors.joining("|")), Pattern.CASE_INSENSITIVE);

        assertThat(Stream.concat(DOCUMENTS.stream(), sources().stream()).flatMap(file -> found(file, words, any).stream())).isEmpty();
    }

    private static List<String> found(Path file, List<Retired> words, Pattern any) {
        List<String> found = new ArrayList<>();
        boolean exempt = false;
        int number = 0;
        for (String line : lines(file)) {
            number++;
            exempt ^= EXEMPT_PART.matcher(line).find();
            String text = exempt ? "" : split(DOCUMENTS.contains(file) ? NAMES.matcher(line).replaceAll("") : line);
            if (any.matcher(text).find()) {
                String instead = words.stream().filter(retired -> retired.word().matcher(text).find()).map(Retired::instead).collect(Collectors.joining("; "));
                found.add(file + ":" + number + ": " + line.strip() + "  → " + instead);
            }
        }
        return found;
    }

    /** The words of a line, those within identifiers too. */
    private static String split(String line) {
        String text = line;
        for (String allowed : ALLOWED) {
            text = text.replace(allowed, "");
        }
        return text.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ").replace('_', ' ');
    }

    /** Tables, code, HTML and what has no space cannot be wrapped. */
    @Test
    void markdownIsWrapped() {
        assertThat(DOCUMENTS.stream().flatMap(file -> tooLong(file).stream())).isEmpty();
    }

    private static List<String> tooLong(Path file) {
        List<String> found = new ArrayList<>();
        boolean code = false;
        boolean html = false;
        int number = 0;
        for (String line : lines(file)) {
            number++;
            code ^= line.startsWith("```");
            html = line.startsWith("<") || html && !line.isBlank();
            boolean prose = !code && !html && !line.startsWith("|") && line.strip().contains(" ");
            if (prose && line.codePointCount(0, line.length()) > COLUMNS) {
                found.add(file + ":" + number + " has more than " + COLUMNS + " columns");
            }
        }
        return found;
    }

    private static List<Path> sources() {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> SOURCE.matcher(file.toString()).matches()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
