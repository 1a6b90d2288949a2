package dev.partyline.handler;

import dev.partyline.handler.AskException.Reason;
import dev.partyline.line.Line;
import dev.partyline.stats.Counters;
import dev.partyline.stats.Limit;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameWriter;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The questions that the application has asked tabs and that are not answered yet.
 *
 * <p>A question is a message in the inbox of the tab's line, with an id, so it survives what messages to a tab survive. Its answer is a request of the client, so it does too. The first answer
 * counts, and only one from the tab that was asked. The ids are unique over restarts, since a browser may send an answer again on a new line, to a server that was started anew.
 *
 * <p>A tab that is closed may be back at once: when a worker has died, the next one announces its tabs one after another. So the question fails only if the tab stays away.
 *
 * <p>What the application has chained to a stage runs on the threads of a pool for this alone, with the time limit of a handler. It is not the pool of the handlers, all of which may be
 * waiting for answers.
 *
 * <p>Any thread may call.
 */
public final class Questions {

    private static final System.Logger LOG = System.getLogger(Questions.class.getName());
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(1);
    /** How long a tab may be away: longer than the tabs of a browser need to attach to another worker. */
    private static final Duration ABSENCE = Duration.ofSeconds(5);
    private static final int MAX_ERROR_CHARS = 1_000;
    private static final long NEVER = Long.MIN_VALUE;
    private static final String NO_TAB = "no line of this server has this tab";

    private final ValueCodec codec;
    private final int max;
    private final LongSupplier nanoTime;
    private final Counters counters;
    private final ApplicationPool pool;
    private final AtomicLong nextId;
    private final ConcurrentMap<Long, Question<?>> open = new ConcurrentHashMap<>();
    private final ConcurrentMap<Line, Set<Question<?>>> byLine = new ConcurrentHashMap<>();
    private volatile boolean stopped;

    /**
     * @param max     how many questions may be open
     * @param firstId of a question, greater than that of any earlier start of this server
     */
    public Questions(ValueCodec codec, ApplicationPool.Limits limits, int max, long firstId, CallContext context, LongSupplier nanoTime, Counters counters) {
        this.codec = codec;
        this.max = max;
        this.nextId = new AtomicLong(firstId);
        this.nanoTime = nanoTime;
        this.counters = counters;
        this.pool = new ApplicationPool("partyline-answer", limits, Dispatcher::partyOf, context, nanoTime, counters);
    }

    /** One question, which is settled once. */
    private final class Question<T> {

        private final long id;
        private final Line line;
        private final String tab;
        private final String type;
        private final Class<T> expected;
        private final Duration within;
        private final long deadline;
        private final CompletableFuture<T> future = new CompletableFuture<>();
        private final AtomicBoolean settled = new AtomicBoolean();
        /** Since when the tab is away, or {@link #NEVER}. */
        private volatile long awaySince = NEVER;

        private Question(long id, Line line, String tab, String type, Class<T> expected, Duration within) {
            this.id = id;
            this.line = line;
            this.tab = tab;
            this.type = type;
            this.expected = expected;
            this.within = within;
            this.deadline = nanoTime.getAsLong() + within.toNanos();
        }

        /** Has the pool end the stage, unless something has ended it. What waits there is bounded by the number of open questions. */
        private void settle(Runnable end) {
            if (settled.compareAndSet(false, true)) {
                pool.offerAgain(this, () -> run(end));
                if (stopped) {
                    future.completeExceptionally(stoppedError());
                }
            }
        }

        private void run(Runnable end) {
            try {
                pool.call("what follows the answer to type " + type, () -> {
                    end.run();
                    return null;
                });
            } catch (ApplicationPool.TimeLimitException e) {
                LOG.log(System.Logger.Level.WARNING, "{0}", e.getMessage());
            } catch (CallContext.OpenTransactionException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0}", e.getMessage());
            } catch (Exception | Error e) {
                LOG.log(System.Logger.Level.ERROR, "what follows the answer to type " + type + " failed", e);
            } finally {
                remove();
            }
        }

        private void fail(Reason reason, String message) {
            settle(() -> future.completeExceptionally(new AskException(reason, message)));
        }

        private void complete(Frame.Answer answer) {
            if (answer.error().isPresent()) {
                Frame.AnswerError error = answer.error().get();
                future.completeExceptionally(AskException.ofPage(error.code(), truncated(error.message()), error.retryable()));
                return;
            }
            T value;
            try {
                value = codec.read(answer.value(), expected);
            } catch (ValueCodec.BadValueException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "an answer to type " + type + " does not fit", e);
                future.completeExceptionally(new AskException(Reason.BAD_VALUE, "the answer to type " + type + " is no " + expected.getName()));
                return;
            }
            future.complete(value);
        }

        private void remove() {
            open.remove(id, this);
            byLine.computeIfPresent(line, (known, questions) -> {
                questions.remove(this);
                return questions.isEmpty() ? null : questions;
            });
        }

        /** For the pool's limits and the log. */
        @Override
        public String toString() {
            return "a question of type " + type;
        }
    }

    private static String truncated(String text) {
        return text.length() <= MAX_ERROR_CHARS ? text : text.substring(0, MAX_ERROR_CHARS);
    }

    private static AskException stoppedError() {
        return new AskException(Reason.STOPPED, "Partyline was stopped");
    }

    /** The stage of a question to a tab that is on no line. */
    public static <T> CompletionStage<T> toNoTab() {
        return CompletableFuture.failedFuture(new AskException(Reason.TAB_GONE, NO_TAB));
    }

    /**
     * Asks a tab of a line.
     *
     * @param value JSON
     * @return ends with an {@link AskException} if there is no answer
     */
    public <T> CompletionStage<T> ask(Line line, String tab, String type, String value, Class<T> expected, Duration within) {
        if (open.size() >= max) {
            counters.hit(Limit.QUESTIONS, line);
            return CompletableFuture.failedFuture(new AskException(Reason.OVERLOADED, max + " questions are open, as many as allowed"));
        }
        if (stopped) {
            return CompletableFuture.failedFuture(stoppedError());
        }
        Question<T> question = new Question<>(nextId.getAndIncrement(), line, tab, type, expected, within);
        open.put(question.id, question);
        byLine.compute(line, (known, questions) -> {
            Set<Question<?>> all = questions == null ? ConcurrentHashMap.newKeySet() : questions;
            all.add(question);
            return all;
        });
        // Also if the application cancels it, or completes it itself.
        question.future.whenComplete((answer, failure) -> question.remove());
        line.send(FrameWriter.question(tab, question.id, type, value));
        if (!line.tabs().contains(tab)) {
            // Closed at the same time, before it was among those that are open.
            onTabClosed(line, tab);
        }
        if (stopped) {
            question.future.completeExceptionally(stoppedError());
        }
        return question.future;
    }

    /** A tab has answered. That has no effect if the question is no longer open. */
    public void answer(Line line, Frame.Answer answer) {
        Question<?> question = open.get(answer.re());
        if (question != null && question.line == line && question.tab.equals(answer.from())) {
            question.settle(() -> question.complete(answer));
        }
    }

    /** A tab is no longer on a line. If that has ended, it does not come back. */
    void onTabClosed(Line line, String tab) {
        boolean forGood = line.hasEnded();
        long now = nanoTime.getAsLong();
        for (Question<?> question : byLine.getOrDefault(line, Set.of())) {
            if (question.tab.equals(tab)) {
                question.awaySince = now;
                if (forGood) {
                    question.fail(Reason.TAB_GONE, NO_TAB);
                }
            }
        }
    }

    void onTabOpened(Line line, String tab) {
        for (Question<?> question : byLine.getOrDefault(line, Set.of())) {
            if (question.tab.equals(tab)) {
                question.awaySince = NEVER;
            }
        }
    }

    /** Whether no thread runs what follows an answer. */
    public boolean isIdle() {
        return pool.isIdle();
    }

    /** How many threads run what follows an answer and ignores its interrupt. */
    public int hungThreads() {
        return pool.hung();
    }

    /** How many are open. */
    public int count() {
        return open.size();
    }

    /** Fails those whose time is up, or whose tab stays away. */
    public void sweep() {
        long now = nanoTime.getAsLong();
        for (Question<?> question : open.values()) {
            long away = question.awaySince;
            if (away != NEVER && now - away > ABSENCE.toNanos()) {
                question.fail(Reason.TAB_GONE, NO_TAB);
            } else if (now - question.deadline > 0) {
                question.fail(Reason.TIMEOUT, "no answer to type " + question.type + " within " + Dispatcher.format(question.within));
            }
        }
        pool.sweep();
    }

    /** Ends all that are open. */
    public void stop() throws InterruptedException {
        stopped = true;
        pool.stop(STOP_TIMEOUT);
        for (Question<?> question : open.values()) {
            question.settled.set(true);
            question.future.completeExceptionally(stoppedError());
        }
    }
}
