package dev.partyline.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.Partyline;
import dev.partyline.handler.AccessPolicy;
import dev.partyline.handler.AskException;
import dev.partyline.handler.Call;
import dev.partyline.handler.CallException;
import dev.partyline.handler.Caller;
import dev.partyline.handler.Handler;
import dev.partyline.handler.Handles;
import dev.partyline.handler.LineListener;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The test kit, as the tests of an application use it. */
@Timeout(60)
class TestPartylineTest {

    private final TestPartyline test = TestPartyline.start();
    private final Set<String> closed = ConcurrentHashMap.newKeySet();
    private final List<String> events = new CopyOnWriteArrayList<>();

    /** What a page sends. */
    public record Place(String what, int count) {
    }

    /** The reply, and what is published. */
    public record Placed(int number, String by) {
    }

    TestPartylineTest() {
        test.partyline().on("place", Place.class, call -> {
            if (call.value().count() < 1) {
                throw new CallException("bad_count", "at least one", true);
            }
            Placed placed = new Placed(1, call.user().orElse("nobody"));
            test.partyline().topic("orders").publish("placed", placed);
            return placed;
        });
        test.partyline().policy(new AccessPolicy() {
            @Override
            public boolean mayJoin(Caller caller, String topic) {
                return !closed.contains(topic);
            }

            @Override
            public boolean mayPublish(Caller caller, String topic) {
                return topic.equals("chat");
            }
        });
        test.partyline().listen(new LineListener() {
            @Override
            public void lineHeld(Caller line) {
                events.add("held");
            }

            @Override
            public void lineResumed(Caller line) {
                events.add("resumed");
            }

            @Override
            public void lineGone(Caller line) {
                events.add("gone");
            }
        });
    }

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void requestIsHandledAndWhatItPublishesIsHeardByTheTabsThatJoined() {
        TestTab ann = test.tab("ann");
        TestTab other = ann.browser().tab();
        ann.join("orders");

        assertThat(ann.request("place", new Place("tea", 3), Placed.class)).isEqualTo(new Placed(1, "ann"));

        assertThat(ann.received("placed")).singleElement().satisfies(message -> {
            assertThat(message.topic()).hasValue("orders");
            assertThat(message.value(Placed.class)).isEqualTo(new Placed(1, "ann"));
        });
        assertThat(other.received()).isEmpty();
        assertThat(test.published("orders")).extracting(message -> message.value(Placed.class)).containsExactly(new Placed(1, "ann"));
        assertThat(test.published("nothing")).isEmpty();
    }

    @Test
    void callerHasTheRolesOfItsNewestHandshakeAndAttributesForTheLifeOfItsLine() {
        Map<String, Caller> callers = new ConcurrentHashMap<>();
        test.partyline().on("look", Integer.class, call -> {
            callers.put(call.user().orElse("nobody"), call.caller());
            return call.caller().attributes().merge("looks", 1, (before, one) -> (Integer) before + 1);
        });
        TestHandshake handshake = TestHandshake.of("ann").header("X-Shop", "corner").parameter("view", "all").locale(Locale.GERMAN);
        TestTab ann = test.browser(handshake.roles("clerk")).tab();
        TestTab bob = test.tab("bob");

        assertThat(ann.request("look", 1, Integer.class)).isEqualTo(1);
        assertThat(bob.request("look", 1, Integer.class)).isEqualTo(1);
        Caller before = callers.get("ann");
        assertThat(before.isInRole("clerk")).isTrue();
        assertThat(before.principal()).hasValueSatisfying(principal -> assertThat(principal.getName()).isEqualTo("ann"));
        assertThat(before.header("x-shop")).hasValue("corner");
        assertThat(before.parameter("view")).hasValue("all");
        assertThat(before.locale()).hasValue(Locale.GERMAN);
        assertThat(callers.get("bob").isInRole("clerk")).isFalse();
        assertThat(callers.get("bob").header("X-Shop")).isEmpty();

        ann.browser().disconnect();
        ann.browser().reconnect(handshake.roles("boss"));
        assertThat(ann.request("look", 1, Integer.class)).as("the same line").isEqualTo(2);
        assertThat(callers.get("ann").isInRole("boss")).isTrue();
        assertThat(callers.get("ann").isInRole("clerk")).isFalse();
        assertThat(before.isInRole("boss")).as("what a handler has kept stays as it was").isFalse();

        ann.browser().disconnect();
        ann.browser().reconnect(TestHandshake.anonymous());
        assertThat(ann.browser().closed()).last().extracting(TestBrowser.Closed::code).as("the user is not logged in any more").isEqualTo(4505);
        ann.browser().reconnect();
        assertThat(ann.request("look", 1, Integer.class)).as("another line").isEqualTo(1);
        assertThat(callers.get("nobody").isInRole("boss")).isFalse();
    }

    @Test
    void callerOfAHandlerAloneIsMadeOfAHandshake() {
        Caller clerk = TestCalls.caller(TestHandshake.of("ann").roles("clerk").header("X-Shop", "corner"));

        assertThat(clerk.user()).hasValue("ann");
        assertThat(clerk.isInRole("clerk")).isTrue();
        assertThat(clerk.header("X-SHOP")).hasValue("corner");
        clerk.attributes().put("basket", 1);
        assertThat(TestCalls.request("place", 1, clerk).caller().attributes()).containsEntry("basket", 1);
        assertThat(TestCalls.caller("ann").attributes()).isEmpty();
    }

    @Test
    void errorsOfHandlerPolicyAndMapperAreThoseThatAPageGets() {
        TestTab tab = test.tab();
        closed.add("orders");

        assertThatThrownBy(() -> tab.request("place", new Place("tea", 0), Placed.class)).isInstanceOfSatisfying(CallException.class, error -> {
            assertThat(error.code()).isEqualTo("bad_count");
            assertThat(error.retryable()).isTrue();
        });
        assertThatThrownBy(() -> tab.request("place", "tea", Placed.class)).isInstanceOfSatisfying(CallException.class, error -> assertThat(error.code()).isEqualTo("bad_value"));
        assertThatThrownBy(() -> tab.request("other", null, Placed.class)).isInstanceOfSatisfying(CallException.class, error -> assertThat(error.code()).isEqualTo("unknown_type"));
        assertThatThrownBy(() -> tab.join("orders")).isInstanceOfSatisfying(CallException.class, error -> assertThat(error.code()).isEqualTo("forbidden"));
        assertThatThrownBy(() -> tab.publish("orders", 1)).isInstanceOfSatisfying(CallException.class, error -> assertThat(error.code()).isEqualTo("forbidden"));
    }

    @Test
    void messagesToTabsLinesUsersAndAllAreHeardWhereTheyBelong() {
        TestTab ann = test.tab("ann");
        TestTab second = ann.browser().tab();
        TestTab bob = test.tab("bob");

        assertThat(test.partyline().toTab(ann.id(), "note", "to the tab")).isTrue();
        assertThat(test.partyline().toTab("nobody", "note", "to no tab")).isFalse();
        test.partyline().toLine(ann.browser().line(), "note", "to the line");
        test.partyline().toUser("ann", "note", "to ann");
        test.partyline().toAll("note", "to all");

        assertThat(ann.received("note")).extracting(message -> message.value(String.class)).containsExactlyInAnyOrder("to the tab", "to the line", "to ann", "to all");
        assertThat(second.received("note")).extracting(message -> message.value(String.class)).containsExactlyInAnyOrder("to the line", "to ann", "to all");
        assertThat(bob.received("note")).extracting(message -> message.value(String.class)).containsExactly("to all");
        assertThat(test.publishedToUser("ann")).hasSize(1);
        assertThat(test.publishedToAll()).hasSize(1);
    }

    @Test
    void whatPagesPublishIsHeardAndFromTellsTheirTabsApart() {
        TestTab ann = test.tab();
        TestTab bob = test.tab();
        bob.join("chat");
        ann.publish("chat", Map.of("text", "hi"));

        assertThat(bob.next().json()).isEqualTo("{\"text\":\"hi\"}");
        assertThat(bob.received().get(0).from()).isPresent().isNotEqualTo(Optional.of(ann.id()));
    }

    @Test
    void handlerThatTakesTooLongTimesOutWhenTheClockIsMoved() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        test.partyline().on("hang", String.class, call -> {
            begun.countDown();
            new CountDownLatch(1).await();
            return null;
        });
        CompletableFuture<String> hanging = test.tab().requestAsync("hang", "x", String.class);
        begun.await();
        test.advance(Duration.ofSeconds(9));
        assertThat(hanging).isNotDone();

        test.advance(Duration.ofSeconds(3));

        TestPartyline.await("the error", hanging::isDone);
        assertThatThrownBy(hanging::join).isInstanceOf(CompletionException.class).cause().isInstanceOfSatisfying(CallException.class, error -> assertThat(error.code()).isEqualTo("timeout"));
    }

    @Test
    void lineWithoutAConnectionIsHeldAndResumedWithWhatItMissed() {
        TestTab tab = test.tab();
        tab.join("orders");
        tab.browser().disconnect();
        test.partyline().toTab(tab.id(), "note", 1);
        test.partyline().topic("orders").publish("placed", 2);
        test.advance(Duration.ofMinutes(1));
        assertThat(tab.received()).isEmpty();

        tab.browser().reconnect();

        assertThat(tab.received()).extracting(Message::json).containsExactlyInAnyOrder("1", "2");
        assertThat(events).containsExactly("held", "resumed");

        tab.browser().disconnect();
        test.advance(Duration.ofMinutes(2).plusSeconds(2));
        test.settle();
        assertThat(events).containsExactly("held", "resumed", "held", "gone");
        tab.browser().reconnect();
        assertThat(tab.request("place", new Place("tea", 1), Placed.class)).isNotNull();
    }

    @Test
    void lineThatIsConnectedStaysForHours() {
        TestTab tab = test.tab();
        String line = tab.browser().line();
        test.advance(Duration.ofHours(2));

        assertThat(tab.browser().isConnected()).isTrue();
        assertThat(tab.browser().line()).isEqualTo(line);
        assertThat(tab.request("place", new Place("tea", 1), Placed.class)).isNotNull();
    }

    @Test
    void messagesOfATopicExpire() {
        test.partyline().topic("orders").publish("placed", 1);
        test.advance(Duration.ofMinutes(4));
        assertThat(test.published("orders")).hasSize(1);
        test.advance(Duration.ofMinutes(2));
        assertThat(test.published("orders")).isEmpty();
    }

    @Test
    void pageAnswersQuestionsAndASilentOneTimesOut() {
        TestTab tab = test.tab();
        tab.answer("double", Integer.class, number -> 2 * number);
        tab.answer("refuse", Integer.class, number -> {
            throw new CallException("declined", "no");
        });
        assertThat(test.partyline().ask(tab.id(), "double", 21, Integer.class).toCompletableFuture().join()).isEqualTo(42);
        assertThat(failureOf(test.partyline().ask(tab.id(), "refuse", 1, Integer.class).toCompletableFuture()).code()).isEqualTo("declined");
        assertThat(failureOf(test.partyline().ask(tab.id(), "other", 1, Integer.class).toCompletableFuture()).code()).isEqualTo("unknown_type");

        tab.browser().disconnect();
        CompletableFuture<Integer> asked = test.partyline().ask(tab.id(), "double", 21, Integer.class, Duration.ofSeconds(30)).toCompletableFuture();
        test.advance(Duration.ofSeconds(32));
        assertThat(failureOf(asked).reason()).isEqualTo(AskException.Reason.TIMEOUT);
    }

    private static AskException failureOf(CompletableFuture<?> asked) {
        TestPartyline.await("the end of the question", asked::isDone);
        return (AskException) asked.handle((value, failure) -> failure).join();
    }

    @Test
    void serverActsAreSeen() {
        TestTab tab = test.tab("ann");
        tab.join("orders");
        tab.join("news");
        test.partyline().removeUserFromTopic("ann", "orders", "it is over");
        closed.add("news");
        test.partyline().recheckUser("ann");
        assertThat(tab.left()).isEqualTo(Map.of("orders", "removed", "news", "forbidden"));

        test.partyline().closeLinesOfUser("ann", 4600, "you are banned");
        assertThat(tab.browser().closed()).containsExactly(new TestBrowser.Closed(4600, "you are banned"));
        assertThat(tab.browser().isConnected()).isFalse();
    }

    @Test
    void manyRunBesideEachOtherAndEachHasItsOwnSettings() {
        try (TestPartyline second = TestPartyline.start(Map.of("partyline.tabs", "1"))) {
            TestBrowser browser = second.browser();
            TestTab first = browser.tab();
            TestTab tooMany = browser.tab();
            second.partyline().on("who", String.class, Handler.nonBlocking(call -> call.tab()));

            assertThat(first.request("who", "", String.class)).isEqualTo(first.id());
            assertThatThrownBy(() -> tooMany.request("who", "", String.class)).isInstanceOfSatisfying(CallException.class, error -> assertThat(error.code()).isEqualTo("too_many"));
            test.partyline().topic("orders").publish(1);
            assertThat(second.published("orders")).isEmpty();
        }
        assertThatIllegalArgumentException().isThrownBy(() -> TestPartyline.start(Map.of("partyline.tbas", "1"))).withMessageContaining("partyline.tbas");
    }

    /** Threads belong to the group of the thread that has started them. */
    @Test
    void closeEndsAllThreads() throws InterruptedException {
        ThreadGroup group = new ThreadGroup("closing");
        List<String> running = new CopyOnWriteArrayList<>();
        Thread user = new Thread(group, () -> {
            try (TestPartyline closing = TestPartyline.start()) {
                closing.partyline().on("echo", String.class, Call::value).policy(new AccessPolicy() {
                    @Override
                    public boolean mayJoin(Caller caller, String topic) {
                        return true;
                    }
                });
                TestTab tab = closing.tab();
                tab.join("orders");
                tab.request("echo", "tea", String.class);
                tab.answer("double", Integer.class, number -> 2 * number);
                closing.partyline().ask(tab.id(), "double", 21, Integer.class).toCompletableFuture().join();
                Thread[] all = new Thread[100];
                Stream.of(all).limit(group.enumerate(all)).map(Thread::getName).forEach(running::add);
            }
        });
        user.start();
        user.join();

        for (String kind : List.of("event-loop", "handler", "authorizer", "answer", "test-browser")) {
            assertThat(running).anyMatch(name -> name.startsWith("partyline-" + kind));
        }
        // The idle threads of a pool end by themselves, but after ten seconds.
        Awaitility.await("the end of the threads").atMost(Duration.ofSeconds(5)).until(() -> group.activeCount() == 0);
    }

    /** A container calls the methods of such a bean. */
    public static class Till {

        private final Partyline partyline;

        Till(Partyline partyline) {
            this.partyline = partyline;
        }

        @Handles("pay")
        public String pay(List<Place> places, Caller caller) {
            partyline.topic("orders").afterCommit().publish("paid", places.size());
            partyline.afterCommit().toTab(caller.tab().orElseThrow(), "note", "paid");
            return places.size() + " paid";
        }
    }

    @Test
    void methodsOfBeansHandleMessagesAndWhatTheySendAfterACommitIsSentAtOnce() {
        test.register(new Till(test.partyline()));
        TestTab tab = test.tab();
        tab.join("orders");

        assertThat(tab.request("pay", List.of(new Place("tea", 3), new Place("milk", 1)), String.class)).isEqualTo("2 paid");

        assertThat(tab.received("paid")).singleElement().satisfies(message -> assertThat(message.value(Integer.class)).isEqualTo(2));
        assertThat(tab.received("note")).hasSize(1);
        assertThatThrownBy(() -> test.register(new Till(test.partyline()))).isInstanceOf(IllegalStateException.class).hasMessageContaining("\"pay\" has a handler already");
        assertThatIllegalArgumentException().isThrownBy(() -> test.register("no bean")).withMessage("java.lang.String has no method with @Handles");
    }

    @Test
    void handlerIsTestedAloneWithACallOfItsOwn() throws Exception {
        Handler<Place> handler = call -> call.user().orElse("nobody") + " wants " + call.value().what() + " by " + call.tab() + ", " + call.isRequest();
        Call<Place> call = TestCalls.request("place", new Place("tea", 3), TestCalls.caller("ann"));

        assertThat(handler.handle(call)).isEqualTo("ann wants tea by " + TestCalls.TAB + ", true");
        assertThat(call.type()).isEqualTo("place");
        assertThat(TestCalls.request("place", null).user()).isEmpty();
        assertThat(TestCalls.message("place", null, TestCalls.caller()).isRequest()).isFalse();
    }
}
