package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.partyline.line.CallerFacts;
import dev.partyline.line.FlowLimits;
import dev.partyline.line.HoldLimits;
import dev.partyline.line.InboxLimits;
import dev.partyline.line.Line;
import dev.partyline.line.LineLimits;
import dev.partyline.line.LineRegistry;
import dev.partyline.line.Quotas;
import dev.partyline.line.RateLimits;
import dev.partyline.line.Socket;
import dev.partyline.line.Timeouts;
import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.testing.Clock;
import dev.partyline.testing.Golden;
import dev.partyline.testing.LogCapture;
import dev.partyline.testing.NoopLineListener;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.RawJson;
import jakarta.json.JsonObject;
import jakarta.transaction.Status;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class DispatcherTest {

    private static final String SECRET = "jdbc:secret at internal-host";
    private static final int MAX_REPLY = 2000;
    /** What handlers throw here is logged, as it must be, and not what anybody wants to read in a test's output. */
    private static final Logger QUIET = Logger.getLogger(Dispatcher.class.getName());

    private final Clock clock = new Clock();
    private final HandlerRegistry handlers = new HandlerRegistry();
    private final ValueCodec json = new ValueCodec();
    private final Counters counters = new Counters();
    private final CallContext contexts = new CallContext(DispatcherTest.class.getClassLoader(), clock);
    private final Dispatcher dispatcher = new Dispatcher(handlers, json, limits(Duration.ofSeconds(10)), contexts, clock, counters);
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final LineRegistry lines = new LineRegistry(limits(),
        new TopicRegistry(Retention.latest(), new TopicQuotas(10, 10, 10, 10), Duration.ofMinutes(1), clock, new Counters(), new RetainedMemory(1 << 30)),
        1, clock, new Counters(), new NoopLineListener());
    private volatile Runnable onSend = () -> { };
    private Line line;

    public record Point(int x, String name) {
    }

    @BeforeEach
    void open() {
        QUIET.setLevel(Level.OFF);
        lines.start();
        line = lines.open(true, CallerFacts.ofUser(Optional.of("ann")), Optional.empty()).line().orElseThrow();
        line.attach(line.newConnection(new Listener(heard), false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
    }

    @AfterEach
    void close() throws InterruptedException {
        gate.countDown();
        assertThat(dispatcher.running()).as("every message settled").isZero();
        dispatcher.stop();
        lines.stop();
        json.close();
        QUIET.setLevel(null);
    }

    @Test
    void aRequestIsAnsweredWithWhatTheHandlerReturns() {
        handlers.on("move", Point.class, call -> Map.of("x", call.value().x() + 1, "who", call.user().orElseThrow(), "tab", call.tab(), "type", call.type()));
        request("move", 7, "{\"x\":1,\"name\":\"a\",\"unknown\":[]}");

        assertThat(answer()).isEqualTo(Golden.parse("{\"from\":\"tab-1\",\"re\":7,\"value\":{\"x\":2,\"who\":\"ann\",\"tab\":\"tab-1\",\"type\":\"move\"}}"));
    }

    @Test
    void aRequestIsAnsweredEvenIfWithNothing() {
        handlers.on("stop", RawJson.class, call -> null);
        request("stop", 7, "1");

        assertThat(heardFirst()).isEqualTo("{\"from\":\"tab-1\",\"re\":7}");
    }

    @Test
    void aMessageThatIsNoRequestIsAnsweredOnlyWhereThereIsSomethingToSay() {
        handlers.on("nothing", RawJson.class, call -> null);
        handlers.on("something", RawJson.class, call -> call.value());
        dispatch("tab-1", "nothing", OptionalLong.empty(), Optional.empty());
        dispatch("tab-1", "something", OptionalLong.empty(), Optional.of("[ 1 ]"));

        assertThat(heardFirst()).isEqualTo("{\"from\":\"tab-1\",\"type\":\"something\",\"value\":[ 1 ]}");
    }

    @Test
    void answerThatThePageCannotHearIsAnError() {
        handlers.onOthers(RawJson.class, call -> call.value());
        dispatch("tab-1", "status", OptionalLong.empty(), Optional.of("1"));

        assertThat(heardFirst()).contains("\"code\":\"bad_value\"", "status, gap, upgrade, error");
        request("status", 7, "1");
        await().untilAsserted(() -> assertThat(heard).last().isEqualTo("{\"from\":\"tab-1\",\"re\":7,\"value\":1}"));
    }

    @Test
    void aStagesValueIsTheAnswerWhenItIsThere() {
        CompletableFuture<Object> later = new CompletableFuture<>();
        handlers.on("later", RawJson.class, call -> later);
        request("later", 7, "1");
        await().until(() -> dispatcher.running() == 1);
        assertThat(heard).isEmpty();

        later.complete(List.of(1, 2));
        assertThat(heardFirst()).isEqualTo("{\"from\":\"tab-1\",\"re\":7,\"value\":[1,2]}");
    }

    /** On whatever thread it ends. What this thread has of its own stays. */
    @Test
    void mappersOfWhatAStageEndsWithAreCalledInTheContextsOfTheApplication() throws InterruptedException {
        FakeTransaction transaction = new FakeTransaction();
        contexts.use(Optional.empty(), Optional.empty(), Optional.of(new TransactionGuard(Optional.of(transaction), Optional.empty())));
        List<ClassLoader> loaders = new CopyOnWriteArrayList<>();
        List<String> left = new CopyOnWriteArrayList<>();
        json.use(new ValueMapper() {
            @Override
            public String write(Object value) {
                loaders.add(Thread.currentThread().getContextClassLoader());
                if (value.equals("interrupting")) {
                    Thread.currentThread().interrupt();
                } else if (value.equals("opening")) {
                    transaction.begin();
                }
                return "1";
            }

            @Override
            public Object read(String text, Type type) {
                throw new UnsupportedOperationException();
            }
        });
        dispatcher.onException(IOException.class, failure -> {
            loaders.add(Thread.currentThread().getContextClassLoader());
            return new CallException("io", "mapped");
        });
        CompletableFuture<Object> later = new CompletableFuture<>();
        CompletableFuture<Object> failing = new CompletableFuture<>();
        CompletableFuture<Object> interrupting = new CompletableFuture<>();
        CompletableFuture<Object> opening = new CompletableFuture<>();
        Map<String, CompletableFuture<Object>> stages = Map.of("later", later, "failing", failing, "interrupting", interrupting, "opening", opening);
        stages.forEach((type, stage) -> handlers.on(type, RawJson.class, call -> stage));
        List.of("later", "failing", "interrupting", "opening").forEach(type -> dispatch(type, type, OptionalLong.of(type.length()), Optional.of("1")));
        await().until(() -> stages.values().stream().allMatch(stage -> stage.getNumberOfDependents() == 1));

        Thread completing = new Thread(() -> {
            interrupting.complete("interrupting");
            left.add("interrupted " + Thread.currentThread().isInterrupted());
            opening.complete("opening");
            left.add("status " + transaction.getStatus());
            transaction.begin();
            Thread.currentThread().interrupt();
            later.complete("later");
            failing.completeExceptionally(new IOException(SECRET));
            left.add("interrupted " + Thread.currentThread().isInterrupted());
            left.add("status " + transaction.getStatus());
            left.add("loader " + Thread.currentThread().getContextClassLoader());
        });
        completing.setContextClassLoader(null);
        completing.start();
        completing.join();

        assertThat(loaders).hasSize(4).containsOnly(DispatcherTest.class.getClassLoader());
        assertThat(left).containsExactly("interrupted false", "status " + Status.STATUS_NO_TRANSACTION, "interrupted true", "status " + Status.STATUS_ACTIVE, "loader null");
        await().until(() -> heard.size() == 4);
        assertThat(heard).anyMatch(frame -> frame.contains("\"re\":5,\"value\":1")).anyMatch(frame -> frame.contains("\"re\":12,\"value\":1"))
            .anyMatch(frame -> frame.contains("\"io\"")).anyMatch(frame -> frame.contains("left a transaction open"));
    }

    @Test
    void aStagesFailureIsTheAnswerToo() {
        handlers.on("a", RawJson.class, call -> CompletableFuture.failedFuture(new CompletionException(new CallException("sold_out", "none left", true))));
        request("a", 7, "1");

        assertError("sold_out", "none left", true);
    }

    @Test
    void aHandlerSaysNoInItsOwnWords() {
        handlers.on("a", RawJson.class, call -> {
            throw new CallException("sold_out", "none \"left\"\n");
        });
        request("a", 7, "1");

        assertError("sold_out", "none \"left\"\n", false);
    }

    @Test
    void aForeignTextNeverGetsOnTheWire() {
        List<Throwable> thrown = List.of(new IllegalStateException(SECRET), new StackOverflowError(SECRET), new OutOfMemoryError(SECRET), new NoClassDefFoundError(SECRET),
            new CompletionException(new AssertionError(SECRET)));
        for (int i = 0; i < thrown.size(); i++) {
            Throwable failure = thrown.get(i);
            handlers.on("thrown" + i, RawJson.class, call -> {
                throw DispatcherTest.<RuntimeException>sneaky(failure);
            });
            handlers.on("staged" + i, RawJson.class, call -> CompletableFuture.failedFuture(failure));
            request("thrown" + i, 2 * i + 1, "1");
            request("staged" + i, 2 * i + 2, "1");
            int expected = 2 * i + 2;
            await().until(() -> heard.size() == expected);
        }

        assertThat(heard).noneMatch(frame -> frame.contains("secret")).allMatch(frame -> frame.contains("\"code\":\"failed\"") && frame.contains("reference"));
        assertThat(heard.stream().map(frame -> Golden.parse(frame).getJsonObject("error").getString("message"))).doesNotHaveDuplicates();
    }

    @Test
    void aHandlerThatOverflowsTheStackHarmsNobodyElse() {
        handlers.on("deep", RawJson.class, call -> deep(0));
        handlers.on("ok", RawJson.class, call -> "fine");
        request("deep", 1, "1");
        request("ok", 2, "1");
        await().until(() -> heard.size() == 2);

        assertThat(heard.get(0)).contains("\"failed\"");
        assertThat(heard.get(1)).contains("\"fine\"");
    }

    @Test
    void aValueThatDoesNotFitIsRefusedWithoutAForeignText() {
        handlers.on("move", Point.class, call -> "never");
        request("move", 1, "{\"x\":\"no number\"}");
        request("move", 2, "[1]");
        request("move", 3, "5");
        await().until(() -> heard.size() == 3);

        assertThat(heard).allMatch(frame -> frame.contains("\"code\":\"bad_value\"") && frame.contains("the value does not fit type move"));
    }

    @Test
    void aReplyTooLargeIsAFailureAndAReplyOfTheLargestSizeIsNot() {
        handlers.on("large", Integer.class, call -> "x".repeat(call.value()));
        int frame = "{\"from\":\"tab-1\",\"re\":1,\"value\":\"\"}".length();
        request("large", 1, String.valueOf(MAX_REPLY - frame));
        request("large", 2, String.valueOf(MAX_REPLY - frame + 1));
        await().until(() -> heard.size() == 2);

        assertThat(heard.get(0)).hasSize(MAX_REPLY);
        assertThat(heard.get(1)).contains("\"code\":\"too_large\"");
    }

    @Test
    void aReplyThatCannotBeWrittenIsAFailure() {
        handlers.on("a", RawJson.class, call -> new Object() {
            @SuppressWarnings("unused")
            public String getSecret() {
                throw new IllegalStateException(SECRET);
            }
        });
        handlers.on("cycle", RawJson.class, call -> new Cycle());
        request("a", 1, "1");
        request("cycle", 2, "1");
        await().until(() -> heard.size() == 2);

        assertThat(heard).noneMatch(frame -> frame.contains("secret")).allMatch(frame -> frame.contains("\"re\""));
    }

    @Test
    void aTypeThatNobodyHandlesIsRefused() {
        request("nobody", 7, "1");

        assertError("unknown_type", "there is no handler for this type", false);
    }

    @Test
    void aHandlerThatTakesTooLongIsAnsweredForAndItsLateAnswerDropped() {
        CompletableFuture<Object> late = new CompletableFuture<>();
        CountDownLatch begun = new CountDownLatch(1);
        handlers.on("late", RawJson.class, call -> {
            begun.countDown();
            return late;
        });
        request("late", 7, "1");
        await().until(() -> begun.getCount() == 0);
        clock.forward(Duration.ofSeconds(10));
        dispatcher.sweep();
        assertThat(heard).isEmpty();

        clock.forward(Duration.ofNanos(1));
        dispatcher.sweep();
        assertError("timeout", "no answer within 10 s", false);
        late.complete("late");
        assertThat(heard).hasSize(1);
    }

    @Test
    void lessThanASecondIsToldInMilliseconds() throws InterruptedException {
        Dispatcher hasty = new Dispatcher(handlers, json, limits(Duration.ofMillis(500)), contexts, clock, counters);
        CountDownLatch begun = new CountDownLatch(1);
        handlers.on("late", RawJson.class, call -> {
            begun.countDown();
            return new CompletableFuture<>();
        });
        hasty.dispatch(line, new Frame.Message(Optional.of("late"), "tab-1", OptionalLong.of(7), Optional.of("1"), Optional.empty()), Optional.empty());
        await().until(() -> begun.getCount() == 0);
        clock.forward(Duration.ofMillis(501));
        hasty.sweep();

        assertError("timeout", "no answer within 500 ms", false);
        hasty.stop();
    }

    /** Whoever sends it again does not have it done twice. */
    @Test
    void requestThatTimedOutMayBeSentAgainOnlyIfItsHandlerNeverBegan() {
        List<String> began = new CopyOnWriteArrayList<>();
        handlers.on("slow", RawJson.class, call -> {
            began.add(call.type());
            gate.await();
            return null;
        });
        handlers.on("next", RawJson.class, call -> began.add(call.type()));
        request("slow", 1, "1");
        request("next", 2, "1");
        await().until(() -> began.contains("slow"));
        clock.forward(Duration.ofSeconds(11));
        dispatcher.sweep();
        await().until(() -> heard.size() == 2);

        assertThat(heard).filteredOn(frame -> frame.contains("\"re\":1,")).first().asString().contains("\"code\":\"timeout\"", "\"retryable\":false");
        assertThat(heard).filteredOn(frame -> frame.contains("\"re\":2,")).first().asString().contains("\"code\":\"timeout\"", "\"retryable\":true");
        gate.countDown();
        await().until(dispatcher::isIdle);
        assertThat(began).containsExactly("slow");
    }

    @Test
    void handlerDoesNotBeginAfterThePolicyHasTakenAllTheTime() {
        List<String> began = new CopyOnWriteArrayList<>();
        handlers.on("a", RawJson.class, call -> began.add(call.type()));
        CountDownLatch asked = new CountDownLatch(1);
        dispatcher.dispatch(line, new Frame.Message(Optional.of("a"), "tab-1", OptionalLong.of(7), Optional.empty(), Optional.empty()), Optional.of(() -> {
            asked.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                // A policy that allows nevertheless.
            }
            return true;
        }));
        await().until(() -> asked.getCount() == 0);
        clock.forward(Duration.ofSeconds(11));
        dispatcher.sweep();

        assertError("timeout", "no answer within 10 s", true);
        await().until(dispatcher::isIdle);
        assertThat(began).isEmpty();
    }

    @Test
    void typeHasATimeLimitOfItsOwn() {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch interrupted = new CountDownLatch(2);
        for (String type : List.of("short", "long")) {
            handlers.on(type, RawJson.class, call -> {
                begun.countDown();
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    interrupted.countDown();
                }
                return null;
            }, HandlerOptions.standard().within(Duration.ofSeconds(type.equals("short") ? 2 : 60)));
            dispatch(type, type, OptionalLong.of(type.length()), Optional.empty());
        }
        await().until(() -> begun.getCount() == 0);
        clock.forward(Duration.ofSeconds(3));
        dispatcher.sweep();
        await().until(() -> interrupted.getCount() == 1);
        assertThat(heardFirst()).contains("\"from\":\"short\"", "no answer within 2 s");

        clock.forward(Duration.ofSeconds(50));
        dispatcher.sweep();
        assertThat(heard).as("beyond the standard limit").hasSize(1);
        clock.forward(Duration.ofSeconds(8));
        dispatcher.sweep();
        await().until(() -> interrupted.getCount() == 0 && heard.size() == 2);
        assertThat(heard.get(1)).contains("\"from\":\"long\"", "no answer within 60 s");
    }

    @Test
    void callTellsTheTimeUntilItsDeadline() {
        List<Duration> left = new CopyOnWriteArrayList<>();
        handlers.on("slow", RawJson.class, call -> {
            gate.await();
            return null;
        });
        handlers.on("a", RawJson.class, call -> {
            left.add(call.timeLeft());
            clock.forward(Duration.ofSeconds(3));
            left.add(call.timeLeft());
            clock.forward(Duration.ofSeconds(60));
            left.add(call.timeLeft());
            return null;
        }, HandlerOptions.standard().within(Duration.ofSeconds(20)));
        request("slow", 1, "1");
        request("a", 2, "1");
        await().until(() -> dispatcher.running() == 2);
        clock.forward(Duration.ofSeconds(4));
        gate.countDown();
        await().until(() -> heard.size() == 2);

        assertThat(left).containsExactly(Duration.ofSeconds(16), Duration.ofSeconds(13), Duration.ZERO);
    }

    @Test
    void messagesOfATypeWithParallelCallsWaitForNoOthersOfTheirTab() {
        AtomicInteger atOnce = new AtomicInteger();
        handlers.on("parallel", RawJson.class, call -> {
            atOnce.incrementAndGet();
            gate.await();
            return null;
        }, HandlerOptions.standard().parallel(2));
        handlers.on("other", RawJson.class, call -> "done");
        for (int id = 1; id <= 3; id++) {
            request("parallel", id, "1");
        }
        await().until(() -> atOnce.get() == 2);
        assertThat(heard).isEmpty();

        gate.countDown();
        request("other", 4, "1");
        await().until(() -> heard.size() == 4);
        assertThat(atOnce).hasValue(3);
    }

    @Test
    void messagesOfOtherTypesDoNotWaitForParallelCalls() {
        handlers.on("parallel", RawJson.class, call -> {
            gate.await();
            return null;
        }, HandlerOptions.standard().parallel(2));
        handlers.on("other", RawJson.class, call -> "done");
        request("parallel", 1, "1");
        request("other", 2, "1");

        assertThat(heardFirst()).isEqualTo("{\"from\":\"tab-1\",\"re\":2,\"value\":\"done\"}");
        gate.countDown();
        await().until(() -> heard.size() == 2);
    }

    /** As EJB, Concurrency and reflection do. */
    @Test
    void rejectionIsFoundAmongTheCauses() {
        CallException rejection = new CallException("sold_out", "none left", true);
        List<Throwable> wrapped = List.of(new IllegalStateException("wrapped", rejection), new ExecutionException(new InvocationTargetException(rejection)),
            new CompletionException(new IllegalStateException(rejection)), new Error(rejection));
        for (int i = 0; i < wrapped.size(); i++) {
            Throwable failure = wrapped.get(i);
            handlers.on("thrown" + i, RawJson.class, call -> {
                throw DispatcherTest.<RuntimeException>sneaky(failure);
            });
            handlers.on("staged" + i, RawJson.class, call -> CompletableFuture.failedFuture(failure));
            CompletableFuture<Object> later = new CompletableFuture<>();
            handlers.on("later" + i, RawJson.class, call -> later);
            request("thrown" + i, 3 * i + 1, "1");
            request("staged" + i, 3 * i + 2, "1");
            request("later" + i, 3 * i + 3, "1");
            await().until(() -> dispatcher.running() == 1);
            later.completeExceptionally(failure);
            int expected = 3 * i + 3;
            await().until(() -> heard.size() == expected);
        }

        assertThat(heard).hasSize(12).allSatisfy(frame -> assertThat(frame).contains("{\"code\":\"sold_out\",\"message\":\"none left\",\"retryable\":true}"));
    }

    @Test
    void applicationSaysWhatItsExceptionsAreAnsweredWith() {
        dispatcher.onException(IllegalStateException.class, failure -> new CallException("state", failure.getMessage()));
        dispatcher.onException(RuntimeException.class, failure -> new CallException("runtime", "any other"));
        dispatcher.onException(IOException.class, failure -> null);
        dispatcher.onException(SQLException.class, failure -> {
            throw new IllegalStateException(SECRET);
        });
        Map<Exception, String> codes = Map.of(new CancellationException("of a state"), "state", new IllegalArgumentException("other"), "runtime",
            new Exception(new IllegalStateException("cause")), "state", new IllegalArgumentException(new CallException("mine", "own")), "runtime",
            new IOException(SECRET), "failed", new SQLException(SECRET), "failed", new Exception(SECRET), "failed");
        int id = 0;
        for (Map.Entry<Exception, String> code : codes.entrySet()) {
            id++;
            String type = "a" + id;
            handlers.on(type, RawJson.class, call -> {
                throw code.getKey();
            });
            request(type, id, "1");
            int answers = id;
            await().until(() -> heard.size() == answers);
            assertThat(heard.get(id - 1)).as(code.getKey().toString()).contains("\"code\":\"" + code.getValue() + "\"").doesNotContain("secret");
        }
        assertThatThrownBy(() -> dispatcher.onException(IOException.class, failure -> null)).isInstanceOf(IllegalStateException.class).hasMessage("java.io.IOException has a mapper already");
    }

    @Test
    void aTabsMessagesComeInOrderAndTabsInParallel() {
        List<String> order = new CopyOnWriteArrayList<>();
        handlers.on("slow", RawJson.class, call -> {
            gate.await();
            return order.add("slow");
        });
        handlers.on("fast", RawJson.class, call -> order.add(call.tab()));
        request("slow", 1, "1");
        dispatch("tab-1", "fast", OptionalLong.of(2), Optional.empty());
        dispatch("tab-2", "fast", OptionalLong.of(3), Optional.empty());
        await().until(() -> order.contains("tab-2"));
        assertThat(order).containsExactly("tab-2");

        gate.countDown();
        await().until(() -> heard.size() == 3);
        assertThat(order).containsExactly("tab-2", "slow", "tab-1");
    }

    @Test
    void oneTabsMessagesAreBoundedAndTheRestIsOverloaded() {
        handlers.on("slow", RawJson.class, call -> {
            gate.await();
            return null;
        });
        for (int id = 1; id <= 6; id++) {
            request("slow", id, "1");
            int running = Math.min(id, 4);
            await().until(() -> dispatcher.running() == running);
        }
        await().until(() -> heard.size() >= 2);
        assertThat(heard).allMatch(frame -> frame.contains("\"overloaded\"") && frame.contains("\"retryable\":true"));

        gate.countDown();
        await().until(() -> heard.size() == 6);
    }

    /** The usual {@code catch (InterruptedException e) { Thread.currentThread().interrupt(); … }}. An interrupt closes the socket that its thread writes to. */
    @Test
    void anInterruptFlagThatAHandlerLeavesReachesNeitherTheSocketNorTheNextHandler() {
        List<Boolean> interrupted = new CopyOnWriteArrayList<>();
        onSend = () -> interrupted.add(Thread.currentThread().isInterrupted());
        handlers.on("interrupt", RawJson.class, call -> {
            Thread.currentThread().interrupt();
            return "done";
        });
        handlers.on("non.blocking", RawJson.class, Handler.nonBlocking(call -> {
            Thread.currentThread().interrupt();
            return "done";
        }));
        handlers.on("next", RawJson.class, call -> interrupted.add(Thread.currentThread().isInterrupted()));
        request("interrupt", 1, "1");
        request("next", 2, "1");
        await().until(() -> heard.size() == 2);
        request("non.blocking", 3, "1");
        await().until(() -> heard.size() == 3);

        assertThat(interrupted).containsExactly(false, false, false, false);
        assertThat(Thread.interrupted()).isFalse();
    }

    @Test
    void transactionThatAHandlerLeavesOpenIsRolledBackAndTheRequestAnsweredWithAnError() {
        FakeTransaction transaction = new FakeTransaction();
        contexts.use(Optional.empty(), Optional.empty(), Optional.of(new TransactionGuard(Optional.of(transaction), Optional.empty())));
        CompletableFuture<Object> later = new CompletableFuture<>();
        handlers.on("leave", RawJson.class, call -> {
            transaction.begin();
            return "done";
        });
        handlers.on("leave.later", RawJson.class, call -> {
            transaction.begin();
            return later;
        });
        handlers.on("leave.throwing", RawJson.class, call -> {
            transaction.begin();
            throw new CallException("sold_out", "none left");
        });
        handlers.on("leave.non.blocking", RawJson.class, Handler.nonBlocking(call -> {
            transaction.begin();
            return "done";
        }));
        handlers.on("next", RawJson.class, call -> transaction.getStatus());
        for (String type : List.of("leave", "next", "leave.later", "next", "leave.throwing", "next", "leave.non.blocking", "next")) {
            int answers = heard.size() + 1;
            request(type, answers, "1");
            await().until(() -> heard.size() == answers);
        }

        String failed = "\"error\":{\"code\":\"failed\",\"message\":\"the handler failed: it left a transaction open, which was rolled back\"";
        String none = "\"value\":" + Status.STATUS_NO_TRANSACTION;
        assertThat(heard).zipSatisfy(List.of(failed, none, failed, none, "sold_out", none, failed, none), (frame, expected) -> assertThat(frame).contains(expected));
        assertThat(transaction.rolledBack()).isEqualTo(4);
        later.complete("later");
        assertThat(heard).as("answered once").hasSize(8);
    }

    @Test
    void policyThatLeavesATransactionOpenHasNotAllowedAnything() {
        FakeTransaction transaction = new FakeTransaction();
        contexts.use(Optional.empty(), Optional.empty(), Optional.of(new TransactionGuard(Optional.of(transaction), Optional.empty())));
        handlers.on("a", RawJson.class, call -> "done");
        dispatcher.dispatch(line, new Frame.Message(Optional.of("a"), "tab-1", OptionalLong.of(7), Optional.empty(), Optional.empty()), Optional.of(() -> {
            transaction.begin();
            return true;
        }));

        assertError("failed", "the handler failed: it left a transaction open, which was rolled back", false);
    }

    /** The time may be up while the handler writes to another tab. */
    @Test
    void codeOfTheApplicationNeverWritesToASocketItself() {
        List<String> writers = new CopyOnWriteArrayList<>();
        onSend = () -> writers.add(Thread.currentThread().getName());
        CompletableFuture<Object> later = new CompletableFuture<>();
        handlers.on("tell", RawJson.class, call -> {
            line.send("{\"n\":1}");
            return later;
        });
        request("tell", 1, "1");
        await().until(() -> heard.size() == 1);
        later.complete("later");
        await().until(() -> heard.size() == 2);

        assertThat(writers).hasSize(2).allMatch(name -> name.startsWith("partyline-event-loop"));
    }

    @Test
    void aHandlerIsInterruptedWhenItsTimeIsUpAndTheNextOneOfItsTabRuns() {
        handlers.on("hang", RawJson.class, call -> {
            new CountDownLatch(1).await();
            return null;
        });
        handlers.on("next", RawJson.class, call -> "fine");
        request("hang", 1, "1");
        await().until(() -> dispatcher.running() == 1);
        passTime();
        request("next", 2, "1");
        await().until(() -> heard.size() == 2);

        assertThat(heard.get(0)).contains("\"timeout\"");
        assertThat(heard.get(1)).contains("\"fine\"");
        assertThat(dispatcher.hungThreads()).isZero();
    }

    /** Sixteen requests that hang, of one visitor, stopped everybody's handlers for ever. */
    @Test
    void aLineWhoseHandlersHangKeepsNoOtherLineWaiting() {
        handlers.on("hang", RawJson.class, call -> {
            gate.await();
            return null;
        });
        handlers.on("ok", RawJson.class, call -> "fine");
        for (int i = 0; i < 8; i++) {
            dispatch("tab-" + i, "hang", OptionalLong.of(i + 1), Optional.empty());
        }
        Line other = lines.open(true, CallerFacts.ofUser(Optional.of("bob")), Optional.empty()).line().orElseThrow();
        List<String> heardByOther = new CopyOnWriteArrayList<>();
        other.attach(other.newConnection(new Listener(heardByOther), false), new Line.Attachment(false, 0, Map.of(), Map.of(), "{}"));
        dispatcher.dispatch(other, new Frame.Message(Optional.of("ok"), "other", OptionalLong.of(1), Optional.of("1"), Optional.empty()), Optional.empty());
        await().until(() -> heardByOther.size() == 1);

        gate.countDown();
        await().until(() -> heard.size() == 8);
    }

    @Test
    void aPermissionThatIsDeniedRejectsTheMessageBeforeItsHandler() {
        handlers.on("a", RawJson.class, Handler.nonBlocking(call -> "never"));
        Thread[] asked = {null};
        dispatcher.dispatch(line, new Frame.Message(Optional.of("a"), "tab-1", OptionalLong.of(7), Optional.empty(), Optional.empty()), Optional.of(() -> {
            asked[0] = Thread.currentThread();
            return false;
        }));

        assertError("forbidden", "you may not send this type", false);
        assertThat(asked[0].getName()).startsWith("partyline-handler");
    }

    private void passTime() {
        clock.forward(Duration.ofSeconds(10).plusNanos(1));
        await().until(() -> {
            dispatcher.sweep();
            return heard.size() == 1;
        });
    }

    @Test
    void aListenerThatThrowsKeepsNobodyFromHearing() {
        List<String> told = new CopyOnWriteArrayList<>();
        dispatcher.listen(new LineListener() {
            @Override
            public void lineOpened(Caller caller) {
                throw new StackOverflowError(SECRET);
            }
        });
        dispatcher.listen(new LineListener() {
            @Override
            public void lineOpened(Caller caller) {
                told.add(caller.line());
            }
        });
        dispatcher.notifyListeners(line, listener -> listener.lineOpened(Callers.of(line, Optional.empty())));

        await().until(() -> told.equals(List.of(line.id())));
    }

    @Test
    void messagesThatWaitForAHandlerTakeTheMemoryOfTheirAddress() {
        handlers.on("wait", RawJson.class, call -> {
            awaitGate();
            return null;
        });
        handlers.on("later", RawJson.class, call -> CompletableFuture.runAsync(this::awaitGate));
        String large = "\"" + "x".repeat(4_100_000) + "\"";
        for (int id = 1; id <= 8; id++) {
            dispatch("tab-" + id, id == 1 ? "later" : "wait", OptionalLong.of(id), Optional.of(large));
        }
        assertThat(counters.hits(Limit.MEMORY)).isZero();
        dispatch("tab-9", "wait", OptionalLong.of(9), Optional.of(large));
        assertThat(counters.hits(Limit.MEMORY)).as("an eighth is taken").isOne();
        assertThat(Golden.parse(heardFirst()).getJsonObject("error").getString("code")).isEqualTo("overloaded");

        gate.countDown();
        await().until(() -> dispatcher.running() == 0 && lines.inboundMemory().bytes() == 0);
    }

    @Test
    void failuresOfAHandlerThatClientsCauseDoNotFillTheLog() {
        handlers.on("fail", RawJson.class, call -> {
            throw new IllegalStateException(SECRET);
        });
        QUIET.setLevel(null);
        try (LogCapture log = LogCapture.instead(Level.SEVERE)) {
            for (int i = 0; i < 30; i++) {
                request("fail", i, "1");
                int answers = i + 1;
                await().until(() -> heard.stream().flatMap(String::lines).count() == answers);
            }
            assertThat(log.messages(Level.SEVERE)).hasSize(10);

            clock.forward(Duration.ofMinutes(1));
            request("fail", 30, "1");
            await().until(() -> log.messages(Level.SEVERE).size() == 11);
            assertThat(log.messages(Level.SEVERE).get(10)).contains("after 20 failures that are not in the log");
            await().until(() -> dispatcher.running() == 0);
        }
    }

    @Test
    void eventsThatAreDroppedAreCountedAndNotLoggedOneByOne() {
        dispatcher.listen(new LineListener() {
            @Override
            public void tabHidden(Caller tab) {
                awaitGate();
            }
        });
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < 1000; i++) {
                dispatcher.notifyListeners(line, listener -> listener.tabHidden(Callers.of(line, Optional.empty())));
            }
            assertThat(counters.hits(Limit.HANDLER_WAITING_PER_TAB)).isPositive();
            assertThat(log.messages(Level.INFO)).hasSize(1);
        } finally {
            gate.countDown();
        }
    }

    private void awaitGate() {
        try {
            gate.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void request(String type, long id, String value) {
        dispatch("tab-1", type, OptionalLong.of(id), Optional.of(value));
    }

    private void dispatch(String tab, String type, OptionalLong id, Optional<String> value) {
        dispatcher.dispatch(line, new Frame.Message(Optional.of(type), tab, id, value, Optional.empty()), Optional.empty());
    }

    private String heardFirst() {
        await().until(() -> !heard.isEmpty());
        return heard.get(0);
    }

    private JsonObject answer() {
        return Golden.parse(heardFirst());
    }

    private void assertError(String code, String message, boolean retryable) {
        JsonObject error = answer().getJsonObject("error");
        assertThat(answer().getInt("re")).isEqualTo(7);
        assertThat(error.getString("code")).isEqualTo(code);
        assertThat(error.getString("message")).isEqualTo(message);
        assertThat(error.getBoolean("retryable")).isEqualTo(retryable);
    }

    private static int deep(int level) {
        return deep(level + 1) + 1;
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneaky(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private static Dispatcher.Limits limits(Duration within) {
        return new Dispatcher.Limits(new ApplicationPool.Limits(4, 2, 4, 32, 2, within), 3, MAX_REPLY);
    }

    private static LineLimits limits() {
        return new LineLimits(new FlowLimits(1 << 20, 1 << 14, 1 << 16), new Timeouts(Duration.ofSeconds(5), Duration.ofSeconds(35), Duration.ofSeconds(20)),
            new Quotas(10, 10, 10, 10, 10, 64, 128), new InboxLimits(512, 1 << 20), new HoldLimits(Duration.ofMinutes(2), 10, 1000), new RateLimits(50, 100, 1 << 18, 1 << 20));
    }

    /** JSON-B follows it without end. */
    public static final class Cycle {

        public Cycle getSelf() {
            return this;
        }
    }

    private final class Listener implements Socket {

        private final List<String> heard;

        private Listener(List<String> heard) {
            this.heard = heard;
        }

        @Override
        public void send(String text, SendCallback done) {
            onSend.run();
            heard.add(text);
            done.onSent(true);
        }

        @Override
        public void send(ByteBuffer utf8, SendCallback done) {
            throw new AssertionError("this client reads no binary messages");
        }

        @Override
        public void ping(ByteBuffer payload) {
        }

        @Override
        public void close(CloseCode code, String reason) {
        }
    }
}
