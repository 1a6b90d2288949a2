package dev.partyline.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PartylineServer;
import dev.partyline.testing.PlainClient;
import dev.partyline.testing.TestApplication;
import jakarta.json.JsonObject;
import jakarta.json.JsonString;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What other programs can do over HTTP, from outside; each answer that comes up here is one that the OpenAPI document describes. */
@Timeout(60)
class ApiIT {

    private static final String GOOD = "{\"type\":\"note\",\"value\":1}";
    private static final int BATCH = 5;
    private static final int BODY_CHARS = 2000;

    private static TestApplication application;
    private static PartylineServer closedServer;
    private static PartylineServer fullServer;
    private static PartylineServer guessedServer;
    private static Api api;
    private static Api closed;
    private static Api full;
    private static Api guessed;

    @BeforeAll
    static void start() {
        application = new TestApplication(Map.of("partyline.api.key", Api.KEY, "partyline.api.batch", "" + BATCH, "partyline.api.body.chars", "" + BODY_CHARS));
        closedServer = new PartylineServer();
        fullServer = new PartylineServer(Map.of("partyline.api.key", Api.KEY, "partyline.logs", "1"));
        guessedServer = new PartylineServer(Map.of("partyline.api.key", Api.KEY, "partyline.api.key.guesses", "1"));
        api = new Api(application.port());
        closed = new Api(closedServer.port());
        full = new Api(fullServer.port());
        guessed = new Api(guessedServer.port());
        full.post("/api/topics/only", GOOD);
    }

    @AfterAll
    static void stop() {
        application.close();
        closedServer.close();
        fullServer.close();
        guessedServer.close();
    }

    private static PlainClient line(String members) {
        PlainClient client = new PlainClient(application.line());
        client.hello(members);
        return client;
    }

    private static JsonObject note(PlainClient client) {
        return client.next(frame -> frame.getString("type", "").equals("note"));
    }

    @TestFactory
    Stream<DynamicTest> whateverTheDocumentDescribesHappens() {
        return api.document().cases().stream().map(wanted -> DynamicTest.dynamicTest(wanted.toString(), () -> {
            Api asked = bringAbout(wanted);
            assertThat(asked.seen().get(asked.seen().size() - 1)).isEqualTo(wanted);
        }));
    }

    private static Api bringAbout(OpenApi.Case wanted) {
        boolean reads = wanted.method().equals("GET");
        boolean acts = isAct(wanted.path());
        String tab = "case-" + wanted.method();
        String path = wanted.path().replaceAll("\\{tab}", tab).replaceAll("\\{\\w+}", "open.cases");
        Api asked = switch (wanted.status()) {
            case "503" -> full;
            case "429" -> guessed;
            case "404" -> path.contains("tabs") || isAct(path) ? api : closed;
            default -> api;
        };
        switch (wanted.status()) {
            case "200" -> {
                try (PlainClient client = line("\"tabs\":[\"" + tab + "\"]")) {
                    ask(asked, reads, path, acts ? act(path, "user") : GOOD);
                    assertThat(client.isOpen()).isTrue();
                }
            }
            case "401" -> asked.withKey("", wanted.method(), path);
            case "404" -> ask(asked, reads, path.replace(tab, "nobody"), acts ? act(path, "tab") : GOOD);
            case "400" -> ask(asked, reads, reads ? path.substring(0, path.lastIndexOf('/') + 1) : path, "nonsense");
            case "409" -> {
                asked.post(path, GOOD, "Idempotency-Key", "case-409");
                asked.post(path, "{\"value\":\"another\"}", "Idempotency-Key", "case-409");
            }
            case "413" -> asked.post(path, "x".repeat(BODY_CHARS + 1));
            case "415" -> asked.post(path, GOOD, GOOD.getBytes(StandardCharsets.UTF_8), "Content-Type", "text/plain");
            case "429" -> {
                asked.withKey("Bearer wrong", wanted.method(), path);
                asked.withKey("Bearer " + Api.KEY, wanted.method(), path);
            }
            case "503" -> asked.post(path, GOOD);
            default -> throw new AssertionError("nobody knows how to bring about " + wanted);
        }
        return asked;
    }

    private static boolean isAct(String path) {
        return path.matches("/api/(close|remove|recheck)");
    }

    /** On a line that is not there. */
    private static String act(String path, String subject) {
        String members = switch (path) {
            case "/api/close" -> ",\"code\":4600,\"reason\":\"why\"";
            case "/api/remove" -> ",\"topic\":\"open.a\",\"reason\":\"why\"";
            default -> "";
        };
        return "{\"" + subject + "\":\"nobody\"" + members + "}";
    }

    private static void ask(Api asked, boolean reads, String path, String body) {
        if (reads) {
            asked.get(path);
        } else {
            asked.post(path, body);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/lines", "/api/users/ann", "/api/tabs/t"})
    void isClosedUntilAKeyIsSetWhateverKeyIsShown(String path) {
        for (String authorization : List.of("", "Bearer ", "Bearer " + Api.KEY)) {
            assertThat(closed.withKey(authorization, "GET", path).code()).isEqualTo("closed");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Bearer wrong", "Bearer SESAME", "Bearer sesame2", "Bearer sesam", "Basic sesame", "sesame", "Bearersesame"})
    void isClosedToWhoeverShowsAnotherKey(String authorization) {
        Api.Answer answer = api.withKey(authorization, "GET", "/api/lines");

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.code()).isEqualTo("unauthenticated");
        assertThat(answer.response().headers().firstValue("WWW-Authenticate")).hasValueSatisfying(how -> assertThat(how).startsWith("Bearer"));
    }

    @Test
    void schemeIsReadInAnyCase() {
        assertThat(api.withKey("bearer " + Api.KEY, "GET", "/api/lines").status()).isEqualTo(200);
    }

    @Test
    void whatIsPublishedIsHeardByWhoeverJoinedAndNobodyElse() {
        try (PlainClient joined = line("\"tabs\":[\"a-1\"],\"topics\":{\"open.a/b\":null}"); PlainClient other = line("\"tabs\":[\"a-2\"]")) {
            Api.Answer answer = api.post("/api/topics/open.a/b", "{\"type\":\"deleted\",\"value\":{\"fileName\":\"a.txt\"}}");
            JsonObject heard = joined.next(frame -> frame.containsKey("topic"));
            assertThat(heard.getString("type")).isEqualTo("deleted");
            assertThat(heard.getJsonObject("value").getString("fileName")).isEqualTo("a.txt");
            assertThat(heard.getJsonArray("at").getInt(1)).isEqualTo(answer.offset(0));

            api.post("/api/tabs/a-2", GOOD);
            assertThat(other.next()).as("the first that it hears").satisfies(frame -> assertThat(frame).doesNotContainKey("topic"));
        }
    }

    @Test
    void tabAloneHearsWhatIsSentToIt() {
        try (PlainClient client = line("\"tabs\":[\"a-3\",\"a-4\"]"); PlainClient other = line("\"tabs\":[\"a-5\"]")) {
            assertThat(api.post("/api/tabs/a-4", "[" + GOOD + "," + GOOD + "]").json().getInt("delivered")).isEqualTo(2);
            assertThat(note(client).getString("from")).isEqualTo("a-4");
            assertThat(note(client).getString("from")).isEqualTo("a-4");

            api.post("/api/tabs/a-5", GOOD);
            assertThat(note(other).getString("from")).isEqualTo("a-5");
            assertThat(api.post("/api/tabs/nobody", GOOD).code()).isEqualTo("unknown_tab");
        }
    }

    @Test
    void userHearsInEveryBrowserAndEveryoneHearsWhatIsForAll() {
        try (PlainClient one = line("\"token\":\"good:ann\""); PlainClient two = line("\"token\":\"good:ann\""); PlainClient other = line("\"token\":\"good:bob\"")) {
            api.post("/api/users/ann", "{\"type\":\"note\",\"value\":\"for ann\"}");
            api.post("/api/all", "{\"type\":\"note\",\"value\":\"for all\"}");

            for (PlainClient hears : List.of(one, two)) {
                assertThat(List.of(note(hears).getString("value"), note(hears).getString("value"))).containsExactlyInAnyOrder("for ann", "for all");
            }
            assertThat(note(other).getString("value")).isEqualTo("for all");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"o\"brien", "Zoë", "a b", "a/b", "100%"})
    void usersHaveAnyNamesThatTheirLoginKnows(String user) {
        String encoded = URLEncoder.encode(user, StandardCharsets.UTF_8).replace("+", "%20").replace("%2F", "/");
        try (PlainClient client = line("\"token\":\"good:" + user.replace("\"", "\\\"") + "\"")) {
            assertThat(api.get("/api/users/" + encoded).json().getJsonArray("lines")).hasSize(1);
            api.post("/api/users/" + encoded, GOOD);
            assertThat(note(client).getString("topic")).isEqualTo("@user:" + user);
        }
    }

    @Test
    void valueGoesThroughAsItCame() {
        String value = "{\"a\" : [1.50e0,-0, null],\"é\":\"\\u00e9\\/ \uD83D\uDE00\",\"a\":2}";
        try (PlainClient client = line("\"tabs\":[\"a-6\"],\"topics\":{\"open.raw\":null}")) {
            api.post("/api/topics/open.raw", "{\"value\":" + value + "}");

            assertThat(client.nextText()).contains("\"value\":" + value + "}").doesNotContain("type");
        }
    }

    @Test
    void sameKeyOnTheSameTopicIsOneMessage() {
        try (PlainClient client = line("\"tabs\":[\"a-7\"],\"topics\":{\"open.once\":null}")) {
            int first = api.post("/api/topics/open.once", GOOD, "Idempotency-Key", "order-1").offset(0);
            assertThat(api.post("/api/topics/open.once", GOOD, "Idempotency-Key", "order-1").offset(0)).isEqualTo(first);
            assertThat(api.post("/api/topics/open.once", "{\"type\":\"note\",\"value\":1,\"key\":\"order-1\"}").offset(0)).as("wherever it is told").isEqualTo(first);
            assertThat(api.post("/api/topics/open.once", GOOD, "Idempotency-Key", "order-2").offset(0)).isEqualTo(first + 1);
            assertThat(api.post("/api/topics/open.other", GOOD, "Idempotency-Key", "order-1").offset(0)).isEqualTo(1);

            assertThat(note(client).getJsonArray("at").getInt(1)).isEqualTo(first);
            assertThat(note(client).getJsonArray("at").getInt(1)).isEqualTo(first + 1);
        }
    }

    @Test
    void keyOfAClientIsNotTheApisAndTheSameKeyWithAnotherMessageIsAConflict() {
        try (PlainClient client = line("\"tabs\":[\"a-16\"],\"topics\":{\"open.orders\":null}")) {
            client.send("{\"type\":\"$publish\",\"topic\":\"open.orders\",\"from\":\"a-16\",\"id\":1,\"value\":\"nonsense\",\"key\":\"order-17-paid\"}");
            client.next(frame -> frame.getInt("re", 0) == 1);

            assertThat(api.post("/api/topics/open.orders", GOOD, "Idempotency-Key", "order-17-paid").offset(0)).isEqualTo(2);
            Api.Answer conflict = api.post("/api/topics/open.orders", "{\"value\":1}", "Idempotency-Key", "order-17-paid");

            assertThat(conflict.status()).isEqualTo(409);
            assertThat(conflict.code()).isEqualTo("conflict");
            assertThat(note(client).getJsonArray("at").getInt(1)).isEqualTo(2);
        }
    }

    @Test
    void batchThatIsRepeatedWithItsKeyIsHeardOnce() {
        String batch = "[{\"value\":1},{\"value\":2,\"key\":\"own\"},{\"value\":3}]";
        Api.Answer first = api.post("/api/topics/open.batch", batch, "Idempotency-Key", "batch");
        Api.Answer again = api.post("/api/topics/open.batch", batch, "Idempotency-Key", "batch");

        assertThat(IntStream.range(0, 3).map(first::offset)).containsExactly(1, 2, 3);
        assertThat(again.response().body()).isEqualTo(first.response().body());
        assertThat(api.post("/api/topics/open.batch", "{\"value\":2,\"key\":\"own\"}").offset(0)).isEqualTo(2);
    }

    @Test
    void keyOfARequestHasItsBoundsAndATabHasNone() {
        assertThat(api.post("/api/all", GOOD, "Idempotency-Key", "k".repeat(120)).status()).isEqualTo(200);
        assertThat(api.post("/api/all", GOOD, "Idempotency-Key", "k".repeat(121)).code()).isEqualTo("bad_key");
        assertThat(api.post("/api/all", GOOD, "Idempotency-Key", "").code()).isEqualTo("bad_key");
        assertThat(api.post("/api/tabs/a-8", GOOD, "Idempotency-Key", "k").message()).contains("cannot have a key");
    }

    @Test
    void batchIsTakenInItsOrderOrNotAtAll() {
        try (PlainClient client = line("\"tabs\":[\"a-9\"],\"topics\":{\"open.order\":null}")) {
            Api.Answer bad = api.post("/api/topics/open.order", "[{\"value\":1},{\"value\":2},{\"type\":\"no value\"}]");
            assertThat(bad.code()).isEqualTo("bad_message");
            assertThat(bad.message()).startsWith("message 3: ");

            api.post("/api/topics/open.order", IntStream.rangeClosed(1, BATCH).mapToObj(i -> "{\"value\":" + i + "}").collect(Collectors.joining(",", " [", "]\n")));
            for (int i = 1; i <= BATCH; i++) {
                JsonObject heard = client.next(frame -> frame.containsKey("topic"));
                assertThat(heard.getInt("value")).isEqualTo(i);
                assertThat(heard.getJsonArray("at").getInt(1)).isEqualTo(i);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "''                                          | bad_message | a message must be a JSON object",
        "hello                                       | bad_message | a message must be a JSON object",
        "\"hello\"                                   | bad_message | a message must be a JSON object",
        "{                                           | bad_message | ''",
        "{\"value\":1                                | bad_message | ''",
        "{\"value\":}                                | bad_message | ''",
        "{\"value\":01}                              | bad_message | ''",
        "{'value':1}                                 | bad_message | ''",
        "{\"type\":\"a\"}                            | bad_message | a message needs a value",
        "{\"value\":1}{\"value\":2}                  | bad_message | something follows the message",
        "{\"value\":1} x                             | bad_message | something follows the message",
        "[{\"value\":1}] []                          | bad_message | something follows the array",
        "[{\"value\":1},]                            | bad_message | ''",
        "[{\"value\":1} {\"value\":2}]               | bad_message | ''",
        "[{\"value\":1},7]                           | bad_message | message 2: a message must be a JSON object",
        "[[{\"value\":1}]]                           | bad_message | message 1: a message must be a JSON object",
        "[]                                          | bad_batch   | 1 to 5 messages, this one 0",
        "{\"value\":1,\"value\":2}                   | bad_message | the same name",
        "{\"type\":\"$gap\",\"value\":1}             | bad_message | type must be 1 to 128 characters",
        "{\"type\":\"\",\"value\":1}                 | bad_message | type must be 1 to 128 characters",
        "{\"type\":null,\"value\":1}                 | bad_message | type must be 1 to 128 characters",
        "{\"type\":\"a b\",\"value\":1}              | bad_message | type must be 1 to 128 characters",
        "{\"type\":\"status\",\"value\":1}           | bad_message | use the names status, gap, upgrade, error for events of the line",
        "{\"type\":\"error\",\"value\":1}            | bad_message | use the names status, gap, upgrade, error for events of the line",
        "{\"value\":{\"a\":[9007199254740993]}}      | bad_message | value: the integer at a[0], 9007199254740993, is beyond ±(2^53-1)",
        "{\"value\":-9007199254740992}              | bad_message | value: the integer -9007199254740992, is beyond ±(2^53-1)",
        "{\"key\":\"\",\"value\":1}                  | bad_message | key must have 1 to 128 characters",
        "{\"key\":7,\"value\":1}                     | bad_message | key must have 1 to 128 characters",
        "{\"value\":\"\\ud800\"}                     | bad_message | ''",
    })
    void badBodyIsRefusedWithWhatIsWrongWithIt(String body, String code, String message) {
        for (String path : List.of("/api/topics/open.bad", "/api/users/ann", "/api/all")) {
            Api.Answer answer = api.post(path, body);

            assertThat(answer.status()).isEqualTo(400);
            assertThat(answer.code()).isEqualTo(code);
            assertThat(answer.message()).isNotEmpty().contains(message);
        }
        assertThat(api.post("/api/tabs/nobody", body).status()).isEqualTo(400);
    }

    @Test
    void nestingNumbersAndMembersHaveTheirBounds() {
        assertThat(api.post("/api/all", "{\"value\":" + "[".repeat(63) + "]".repeat(63) + "}").status()).isEqualTo(200);
        assertThat(api.post("/api/all", "{\"value\":" + "[".repeat(64) + "]".repeat(64) + "}").code()).isEqualTo("bad_message");
        assertThat(api.post("/api/all", "{\"value\":0." + "1".repeat(998) + "}").status()).isEqualTo(200);
        assertThat(api.post("/api/all", "{\"value\":0." + "1".repeat(999) + "}").code()).isEqualTo("bad_message");
    }

    @Test
    void bodyHasAsManyCharactersAsTheSettingSaysHoweverManyBytesTheyAre() {
        String atMost = "{\"value\":\"" + "é".repeat(BODY_CHARS - 12) + "\"}";
        assertThat(api.post("/api/all", atMost).status()).isEqualTo(200);

        Api.Answer over = api.post("/api/all", atMost + " ");
        assertThat(over.code()).isEqualTo("too_large");
        assertThat(over.message()).contains(" " + BODY_CHARS + " ");
        assertThat(api.post("/api/all", "{\"value\":\"" + "x".repeat(1_500_000) + "\"}").code()).isEqualTo("too_large");
    }

    @Test
    void batchHasAsManyMessagesAsTheSettingSays() {
        String many = ",{\"value\":1}".repeat(BATCH).substring(1);

        assertThat(api.post("/api/topics/open.many", "[" + many + "]").status()).isEqualTo(200);
        assertThat(api.post("/api/topics/open.many", "[" + many + ",{\"value\":1}]").message()).contains("1 to 5 messages, this one 6");
    }

    @Test
    void whatIsNotUtf8IsRefusedAndNotRepaired() {
        byte[] latin = "{\"value\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);

        assertThat(api.post("/api/all", "", latin).message()).contains("UTF-8");
        assertThat(api.post("/api/all", "", latin, "Content-Type", "application/json; charset=ISO-8859-1").code()).isEqualTo("bad_type");
    }

    @ParameterizedTest
    @CsvSource({
        "text/plain, 415",
        "application/x-www-form-urlencoded, 415",
        "multipart/form-data; boundary=x, 415",
        "application/jsonp, 415",
        "application/json; charset=UTF-16, 415",
        "application/json, 200",
        "Application/JSON;charset=utf-8, 200",
        "application/json; charset=\"UTF-8\"; x=y, 200",
    })
    void bodyIsJsonAndSaysSo(String type, int status) {
        assertThat(api.post("/api/all", GOOD, GOOD.getBytes(StandardCharsets.UTF_8), "Content-Type", type).status()).isEqualTo(status);
    }

    @Test
    void bodyThatSaysNothingOfItsTypeIsTakenForJson() {
        assertThat(api.post("/api/all", GOOD, GOOD.getBytes(StandardCharsets.UTF_8)).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, /api/topics/a, POST",
        "GET, /api/topics/a, POST",
        "DELETE, /api/all, POST",
        "GET, /api/all, POST",
        "POST, /api/lines, GET",
        "PATCH, /api/users/a, 'GET, POST'",
        "DELETE, /api/tabs/a, 'GET, POST'",
        "OPTIONS, /api/lines, GET",
        "GET, /api/close, POST",
        "DELETE, /api/recheck, POST",
    })
    void otherMethodIsRefusedWithThoseThatAreThere(String method, String path, String allowed) {
        Api.Answer answer = api.undescribed(method, path);

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.code()).isEqualTo("bad_method");
        assertThat(answer.response().headers().firstValue("Allow")).hasValue(allowed);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "@user:ann", "$x", "a%20b", "a%22b", "%C3%A9", "%0A"})
    void topicsOfTheLinesOwnAndOtherBadNamesAreRefused(String topic) {
        assertThat(api.post("/api/topics/" + topic, GOOD).code()).isEqualTo("bad_name");
    }

    /** The container would have it reach {@code demo.a/b}, or everyone. */
    @ParameterizedTest
    @ValueSource(strings = {"/api/topics/demo.a//b", "/api/topics/demo.a/./b", "/api/topics/demo.a/..", "/api/topics/../all", "/api/topics/demo.a;x=1"})
    void pathThatAContainerMendsIsRefused(String path) {
        assertThat(api.post(path, GOOD).code()).isEqualTo("bad_name");
    }

    @Test
    void longestTopicIsOneOf128Characters() {
        assertThat(api.post("/api/topics/" + "t".repeat(128), GOOD).status()).isEqualTo(200);
        assertThat(api.post("/api/topics/" + "t".repeat(129), GOOD).code()).isEqualTo("bad_name");
    }

    @Test
    void serverWithAllTopicsThatItMayHaveSaysSoAndStillTellsUsersAndEveryone() {
        Api.Answer refused = full.post("/api/topics/another", GOOD);
        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.code()).isEqualTo("overloaded");
        assertThat(full.post("/api/users/ann", GOOD).status()).as("a user is always told").isEqualTo(200);

        try (PlainClient client = new PlainClient(fullServer.line())) {
            client.hello("\"tabs\":[\"a-12\"]");
            full.post("/api/all", GOOD);
            assertThat(note(client).getString("topic")).isEqualTo("*");
        }
    }

    @Test
    void whoIsConnectedIsToldByLineUserAndTab() {
        try (PlainClient ann = line("\"tabs\":[\"a-13\",\"a-14\"],\"token\":\"good:carol\""); PlainClient plain = new PlainClient(application.line())) {
            plain.send("{\"data\":{\"type\":\"echo\",\"from\":\"a-15\",\"value\":1}}").next();

            JsonObject line = api.get("/api/tabs/a-14").json().getJsonArray("lines").getJsonObject(0);
            assertThat(line.getString("user")).isEqualTo("carol");
            assertThat(Set.copyOf(line.getJsonArray("tabs").getValuesAs(JsonString::getString))).isEqualTo(Set.of("a-13", "a-14"));
            assertThat(line.getBoolean("held")).isFalse();
            assertThat(line.getBoolean("plain")).isFalse();
            assertThat(api.get("/api/users/carol").json().getJsonArray("lines")).containsExactly(line);
            assertThat(api.get("/api/users/nobody").json().getJsonArray("lines")).isEmpty();
            assertThat(api.get("/api/tabs/nobody").code()).isEqualTo("unknown_tab");
            JsonObject old = api.get("/api/tabs/a-15").json().getJsonArray("lines").getJsonObject(0);
            assertThat(old.getBoolean("plain")).isTrue();
            assertThat(old).doesNotContainKey("user");

            ann.drop();
            await().untilAsserted(() -> assertThat(api.get("/api/tabs/a-14").json().getJsonArray("lines").getJsonObject(0).getBoolean("held")).isTrue());
        }
    }

    @Test
    void nobodyIsToldOfMoreLinesThanTheSettingSaysButOfTheirNumber() {
        List<PlainClient> lines = IntStream.range(0, BATCH + 2).mapToObj(i -> line("\"tabs\":[\"many-" + i + "\"],\"token\":\"good:many\"")).toList();
        try {
            JsonObject told = api.get("/api/lines").json();
            assertThat(told.getJsonArray("lines")).hasSize(BATCH);
            assertThat(told.getInt("total")).isGreaterThanOrEqualTo(BATCH + 2);
            assertThat(api.get("/api/users/many").json().getInt("total")).isEqualTo(BATCH + 2);
        } finally {
            lines.forEach(PlainClient::close);
        }
    }

    @Test
    void lineIsClosedByItsIdItsTabOrItsUser() {
        try (PlainClient one = line("\"tabs\":[\"c-1\"]"); PlainClient two = line("\"tabs\":[\"c-2\"],\"token\":\"good:dora\""); PlainClient three = line("\"token\":\"good:dora\"")) {
            assertThat(api.post("/api/close", "{\"line\":\"" + lineOf("c-1") + "\",\"code\":4100,\"reason\":\"your roles have changed\"}").json().getInt("lines")).isEqualTo(1);
            JsonObject bye = one.next("$bye");
            assertThat(bye.getInt("code")).isEqualTo(4100);
            assertThat(bye.getString("reason")).isEqualTo("your roles have changed");
            assertThat(one.closeCode()).isEqualTo(4100);
            assertThat(api.get("/api/tabs/c-1").json().getJsonArray("lines").getJsonObject(0).getBoolean("held")).isTrue();

            assertThat(api.post("/api/close", "{\"tab\":\"c-1\",\"code\":4999,\"reason\":\"\"}").json().getInt("lines")).as("a held line").isEqualTo(1);
            assertThat(api.get("/api/tabs/c-1").code()).isEqualTo("unknown_tab");

            assertThat(api.post("/api/close", "{\"user\":\"dora\",\"code\":4600,\"reason\":\"gesperrt für heute\"}").json().getInt("lines")).isEqualTo(2);
            for (PlainClient closed : List.of(two, three)) {
                assertThat(closed.next("$bye").getString("reason")).isEqualTo("gesperrt für heute");
                assertThat(closed.closeCode()).isEqualTo(4600);
            }
            assertThat(api.get("/api/users/dora").json().getJsonArray("lines")).isEmpty();
        }
    }

    private static String lineOf(String tab) {
        return api.get("/api/tabs/" + tab).json().getJsonArray("lines").getJsonObject(0).getString("line");
    }

    @Test
    void lineIsTakenOffATopicAndToldWhy() {
        try (PlainClient client = line("\"tabs\":[\"c-3\"],\"token\":\"good:emil\",\"topics\":{\"open.left\":null,\"open.kept\":null}")) {
            assertThat(api.post("/api/remove", "{\"user\":\"emil\",\"topic\":\"open.left\",\"reason\":\"the meeting is over\"}").json().getInt("lines")).isEqualTo(1);
            JsonObject left = client.next(frame -> frame.containsKey("left"));
            assertThat(left.getString("left")).isEqualTo("open.left");
            assertThat(left.getJsonObject("error").getString("code")).isEqualTo("removed");
            assertThat(left.getJsonObject("error").getString("message")).isEqualTo("the meeting is over");

            api.post("/api/topics/open.left", GOOD);
            api.post("/api/topics/open.kept", GOOD);
            assertThat(client.next(frame -> frame.containsKey("topic")).getString("topic")).isEqualTo("open.kept");
        }
    }

    @Test
    void policyIsAskedAgainAndWhatItNowDeniesIsLeft() {
        try (PlainClient client = line("\"tabs\":[\"c-4\"],\"topics\":{\"open.role\":null,\"open.any\":null}")) {
            assertThat(api.post("/api/recheck", "{\"tab\":\"c-4\"}").json().getInt("lines")).isEqualTo(1);
            client.send("{\"type\":\"revoke\",\"from\":\"c-4\",\"id\":1,\"value\":\"open.role\"}").reply(1);
            assertThat(api.post("/api/recheck", "{\"line\":\"" + lineOf("c-4") + "\"}").json().getInt("lines")).isEqualTo(1);

            JsonObject left = client.next(frame -> frame.containsKey("left"));
            assertThat(left.getString("left")).isEqualTo("open.role");
            assertThat(left.getJsonObject("error").getString("code")).isEqualTo("forbidden");
            assertThat(client.send("{\"type\":\"$join\",\"topic\":\"open.role\",\"id\":2}").reply(2).getJsonObject("error").getString("code")).isEqualTo("forbidden");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "''                                                         | the body must be a JSON object",
        "[{\"user\":\"ann\"}]                                       | the body must be a JSON object",
        "{\"user\":\"ann\"} x                                       | something follows the object",
        "{}                                                         | exactly one of line, tab and user must be named",
        "{\"user\":\"ann\",\"tab\":\"t\"}                            | exactly one of line, tab and user must be named",
        "{\"user\":\"ann\",\"code\":4600}                           | reason is missing",
        "{\"user\":\"ann\",\"reason\":\"why\"}                      | code is missing",
        "{\"user\":7,\"code\":4600,\"reason\":\"why\"}              | user must be a string",
        "{\"user\":\"\",\"code\":4600,\"reason\":\"why\"}           | user must not be empty",
        "{\"user\":\"ann\",\"code\":4600,\"reason\":7}              | reason must be a string",
        "{\"user\":\"ann\",\"code\":\"4600\",\"reason\":\"why\"}    | code must be an integer of four digits",
        "{\"user\":\"ann\",\"code\":46000,\"reason\":\"why\"}       | code must be an integer of four digits",
        "{\"user\":\"ann\",\"code\":4501,\"reason\":\"why\"}        | close code 4501 is not an application's",
    })
    void closeThatIsNotWellSaidIsRefused(String body, String message) {
        Api.Answer answer = api.post("/api/close", body);

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("bad_message");
        assertThat(answer.message()).contains(message);
    }

    @Test
    void lineThatIsNotThereIsNotFoundAndAUserWithoutLinesHasNone() {
        assertThat(api.post("/api/close", "{\"line\":\"nobody\",\"code\":4600,\"reason\":\"\"}").code()).isEqualTo("unknown_line");
        assertThat(api.post("/api/recheck", "{\"tab\":\"nobody\"}").code()).isEqualTo("unknown_tab");
        assertThat(api.post("/api/recheck", "{\"user\":\"nobody\"}").json().getInt("lines")).isZero();
        assertThat(api.post("/api/remove", "{\"user\":\"nobody\",\"topic\":\"*\",\"reason\":\"\"}").message()).contains("topic");
    }

    @Test
    void answersAreNotKeptByAnyCacheAndTheDocumentIsJson() {
        assertThat(api.get("/api/lines").response().headers().firstValue("Cache-Control")).hasValue("no-store");
        assertThat(api.undescribed("GET", "/api/openapi.json").response().headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
    }
}
