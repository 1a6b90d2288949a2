package dev.partyline.faults;

import dev.partyline.testing.History;
import dev.partyline.testing.LineClient;
import dev.partyline.testing.LineClient.Position;
import dev.partyline.testing.LineClient.Unknown;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntPredicate;

/** A publisher that says {@code NAME:1}, {@code NAME:2}, … to topics in turn, some of them under way at a time, and tells the history where each went. */
final class Publishing {

    private final LineClient client;
    private final String name;
    private final History history;
    private final Semaphore room;
    private final String[] topics;
    private final Phaser underWay = new Phaser(1);
    private final AtomicInteger unknown = new AtomicInteger();
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final Thread thread;

    /** @param more asked before each message, with its number */
    Publishing(LineClient client, String name, History history, int underWay, IntPredicate more, String... topics) {
        this.client = client;
        this.name = name;
        this.history = history;
        this.room = new Semaphore(underWay);
        this.topics = topics;
        this.thread = new Thread(() -> {
            for (int i = 1; more.test(i) && failure.get() == null; i++) {
                publish(i);
            }
            this.underWay.arriveAndAwaitAdvance();
        }, "publishing-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    private void publish(int number) {
        room.acquireUninterruptibly();
        underWay.register();
        String topic = topics[number % topics.length];
        String value = name + ":" + number;
        client.publish(topic, value).whenComplete((at, problem) -> {
            settled(topic, value, at, problem);
            room.release();
            underWay.arriveAndDeregister();
        });
    }

    private void settled(String topic, String value, Position at, Throwable problem) {
        if (problem == null) {
            history.acknowledge(topic, value, at);
        } else if (problem instanceof CompletionException && problem.getCause() instanceof Unknown) {
            unknown.incrementAndGet();
        } else {
            failure.compareAndSet(null, problem);
        }
    }

    /** Whether all that was published is settled. */
    boolean isOver() {
        if (failure.get() != null) {
            throw new AssertionError(name + " was refused", failure.get());
        }
        return !thread.isAlive();
    }

    /** Of how many nobody can know whether they were published. */
    int unknown() {
        return unknown.get();
    }
}
