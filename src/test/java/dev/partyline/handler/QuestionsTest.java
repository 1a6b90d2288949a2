package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.partyline.handler.AskException.Reason;
import dev.partyline.line.CallerFacts;
import dev.partyline.line.FlowLimits;
import dev.partyline.line.HoldLimits;
import dev.partyline.line.InboxLimits;
import dev.partyline.line.Line;
import dev.partyline.line.LineLimits;
import dev.partyline.line.LineRegistry;
import dev.partyline.line.Quotas;
import dev.partyline.line.RateLimits;
import dev.partyline.line.Timeouts;
import dev.partyline.stats.Counters;
import dev.partyline.testing.Clock;
import dev.partyline.topic.RetainedMemory;
import dev.partyline.topic.Retention;
import dev.partyline.topic.TopicQuotas;
import dev.partyline.topic.TopicRegistry;
import dev.partyline.wire.Frame;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Questions to tabs, and all that can become of them. */
class QuestionsTest {

    private static final long FIRST = 1_000;
    private static final Duration WITHIN = Duration.ofMinutes(1);
    private static final int MAX = 3;

    private final Clock clock = new Clock();
    private final ValueCodec codec = new ValueCodec();
    private final ApplicationPool.Limits pool = new ApplicationPool.Limits(2, 2, 2, 10, 1, Duration.ofSeconds(10));
    private final CallContext contexts = new CallContext(QuestionsTest.class.getClassLoader(), clock);
    private final Dispatcher dispatcher = new Dispatcher(new HandlerRegistry(), codec, new Dispatcher.Limits(pool, 10, 1000), contexts, clock, new Counters());
    private final Questions questions = new Questions(codec, pool, MAX, FIRST, contexts, clock, new Counters());
    private final TopicRegistry topics = new TopicRegistry(Retention.history(10, 1000, Duration.ofMinutes(5)), new TopicQuotas(10, 10, 10, 10), Duration.ofMinutes(5), clock, new Counters(),
        new RetainedMemory(1 << 20));
    private final LineRegistry lines = new LineRegistry(new LineLimits(new FlowLimits(1000, 1000, 1000), new Timeouts(WITHIN, WITHIN, WITHIN), new Quotas(10, 10, 10, 10, 10, 8, 8),
        new InboxLimits(100, 10_000), new HoldLimits(WITHIN, 10, 10_000), new RateLimits(10, 10, 1000, 1000)), topics, 1, clock, new Counters(), new LineEvents(dispatcher, questions));
    private final Line line = open("tab");

    @BeforeEach
    void start() {
        lines.start();
    }

    @AfterEach
    void stop() throws InterruptedException {
        lines.stop();
        dispatcher.stop();
        questions.stop();
        codec.close();
    }

    private Line open(String tab) {
        Line opened = lines.open(false, CallerFacts.NONE, Optional.empty()).line().orElseThrow();
        lines.openTab(opened, tab, false);
        return opened;
    }

    private CompletableFuture<Integer> ask() {
        return questions.ask(line, "tab", "count", "1", Integer.class, WITHIN).toCompletableFuture();
    }

    private static Frame.Answer answer(String tab, long re, String value) {
        return new Frame.Answer(tab, re, OptionalLong.empty(), Optional.of(value), Optional.empty());
    }

    private static Frame.Answer error(String code, String message) {
        return new Frame.Answer("tab", FIRST, OptionalLong.empty(), Optional.empty(), Optional.of(new Frame.AnswerError(code, message, true)));
    }

    private AskException failureOf(CompletionStage<?> stage) {
        CompletableFuture<?> future = stage.toCompletableFuture();
        await().until(future::isDone);
        return (AskException) future.handle((value, failure) -> failure).join();
    }

    private void advance(Duration by) {
        clock.forward(by);
        questions.sweep();
    }

    @Test
    void answerOfTheTabIsTheValue() {
        CompletableFuture<Integer> asked = ask();
        questions.answer(line, answer("tab", FIRST, "42"));

        assertThat(asked.join()).isEqualTo(42);
        await().until(() -> questions.count() == 0);
    }

    @Test
    void whatFollowsRunsOnItsOwnPoolAndNotOnTheThreadThatReads() {
        CompletionStage<String> thread = ask().thenApply(value -> Thread.currentThread().getName());
        questions.answer(line, answer("tab", FIRST, "42"));

        assertThat(thread.toCompletableFuture().join()).startsWith("partyline-answer-");
    }

    @Test
    void firstAnswerCountsAndOnlyThatOfTheTabThatWasAsked() {
        Line other = open("other");
        CompletableFuture<Integer> asked = ask();

        questions.answer(line, answer("another", FIRST, "1"));
        questions.answer(other, answer("tab", FIRST, "2"));
        questions.answer(line, answer("tab", FIRST + 1, "3"));
        questions.answer(line, answer("tab", FIRST, "4"));
        questions.answer(line, answer("tab", FIRST, "5"));

        assertThat(asked.join()).isEqualTo(4);
    }

    @Test
    void errorOfThePageHasItsCodeAndAsMuchOfItsTextAsALogTakes() {
        CompletableFuture<Integer> asked = ask();
        questions.answer(line, error("declined", "x".repeat(5000)));

        AskException failure = failureOf(asked);
        assertThat(failure.reason()).isEqualTo(Reason.REJECTED);
        assertThat(failure.code()).isEqualTo("declined");
        assertThat(failure.getMessage()).hasSize(1000);
        assertThat(failure.retryable()).isTrue();
    }

    @Test
    void valueOfAnotherTypeIsAnError() {
        CompletableFuture<Integer> asked = ask();
        questions.answer(line, answer("tab", FIRST, "\"many\""));

        assertThat(failureOf(asked).reason()).isEqualTo(Reason.BAD_VALUE);
    }

    @Test
    void questionWithoutAnAnswerTimesOutAndALateAnswerHasNoEffect() {
        CompletableFuture<Integer> asked = ask();
        advance(WITHIN);
        assertThat(asked).isNotDone();
        advance(Duration.ofMillis(1));

        assertThat(failureOf(asked)).satisfies(failure -> {
            assertThat(failure.reason()).isEqualTo(Reason.TIMEOUT);
            assertThat(failure.code()).isEqualTo("timeout");
            assertThat(failure.retryable()).isTrue();
        });
        questions.answer(line, answer("tab", FIRST, "42"));
        await().until(() -> questions.count() == 0);
    }

    @Test
    void tabThatIsClosedIsGoneUnlessItIsBackInSeconds() {
        CompletableFuture<Integer> staysAway = ask();
        lines.closeTab(line, "tab");
        advance(Duration.ofSeconds(5));
        assertThat(staysAway).isNotDone();
        lines.openTab(line, "tab", false);
        advance(Duration.ofSeconds(5));
        assertThat(staysAway).isNotDone();

        lines.closeTab(line, "tab");
        advance(Duration.ofMillis(5001));
        assertThat(failureOf(staysAway).reason()).isEqualTo(Reason.TAB_GONE);
    }

    @Test
    void tabOfALineThatHasEndedIsGoneAtOnce() {
        CompletableFuture<Integer> asked = ask();
        line.cancelReservation();

        assertThat(failureOf(asked).reason()).isEqualTo(Reason.TAB_GONE);
        assertThat(failureOf(ask()).reason()).isEqualTo(Reason.TAB_GONE);
        assertThat(failureOf(Questions.toNoTab()).reason()).isEqualTo(Reason.TAB_GONE);
    }

    @Test
    void questionThatIsCancelledIsOverAndItsAnswerHasNoEffect() {
        CompletableFuture<Integer> asked = ask();
        asked.cancel(true);

        assertThat(questions.count()).isZero();
        assertThatThrownBy(asked::join).isInstanceOf(CancellationException.class);
        questions.answer(line, answer("tab", FIRST, "42"));
        assertThat(asked).isCancelled();
    }

    @Test
    void noMoreAreOpenThanAllowed() {
        List<CompletableFuture<Integer>> open = List.of(ask(), ask(), ask());
        assertThat(failureOf(ask()).reason()).isEqualTo(Reason.OVERLOADED);

        questions.answer(line, answer("tab", FIRST, "1"));
        open.get(0).join();
        await().until(() -> questions.count() == MAX - 1);
        assertThat(ask()).isNotDone();
    }

    @Test
    void stopEndsWhatIsOpenAndWhatIsAskedAfterIt() throws InterruptedException {
        CompletableFuture<Integer> asked = ask();
        questions.stop();

        assertThat(failureOf(asked).reason()).isEqualTo(Reason.STOPPED);
        assertThat(failureOf(ask()).reason()).isEqualTo(Reason.STOPPED);
        assertThat(questions.count()).isZero();
    }

    @Test
    void whatFollowsMayThrowAndTheNextAnswerIsHeard() {
        CompletionStage<Integer> broken = ask().thenApply(value -> {
            throw new IllegalStateException("broken");
        });
        CompletableFuture<Integer> next = ask();
        questions.answer(line, answer("tab", FIRST, "1"));
        questions.answer(line, answer("tab", FIRST + 1, "2"));

        assertThat(next.join()).isEqualTo(2);
        assertThatThrownBy(broken.toCompletableFuture()::join).isInstanceOf(CompletionException.class).hasRootCauseMessage("broken");
    }
}
