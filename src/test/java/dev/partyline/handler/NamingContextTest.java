package dev.partyline.handler;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.enterprise.concurrent.ContextService;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class NamingContextTest {

    private static final int THREADS = 4;
    private static final int CALLS = 50;

    private final ThreadLocal<String> component = ThreadLocal.withInitial(() -> "none");
    /** How often the captured context of this thread was used. */
    private final ThreadLocal<Integer> uses = new ThreadLocal<>();
    private final Queue<Integer> used = new ConcurrentLinkedQueue<>();
    private final AtomicInteger captured = new AtomicInteger();
    private final Set<Object> shared = ConcurrentHashMap.newKeySet();

    @Test
    void taskHasTheContextOfTheThreadThatCapturedIt() {
        component.set("orders");
        NamingContext context = new NamingContext(service());
        component.set("another");
        List<String> seen = new ArrayList<>();
        context.execute(() -> seen.add(component.get()));
        context.execute(() -> seen.add(component.get()));

        assertThat(seen).containsExactly("orders", "orders");
        assertThat(component.get()).isEqualTo("another");
        assertThat(captured).as("the first, one to capture within, and one for each task").hasValue(4);
    }

    /** Payara keeps the state of the call in it. */
    @Test
    void noCapturedContextIsUsedByTwoThreadsAtATimeOrByTwoTasks() throws InterruptedException {
        component.set("orders");
        NamingContext context = new NamingContext(service());
        CyclicBarrier all = new CyclicBarrier(THREADS);
        List<String> seen = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(new Thread(() -> {
                for (int call = 0; call < CALLS; call++) {
                    context.execute(() -> {
                        used.add(uses.get());
                        awaitAt(all);
                        synchronized (seen) {
                            seen.add(component.get());
                        }
                    });
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(shared).isEmpty();
        assertThat(used).as("each task").hasSize(THREADS * CALLS).containsOnly(1);
        assertThat(seen).hasSize(THREADS * CALLS).containsOnly("orders");
        assertThat(captured).hasValueLessThanOrEqualTo(1 + THREADS + THREADS * CALLS);
    }

    private static void awaitAt(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Captures the value of a thread local, in a function that notices its use by two threads. */
    private ContextService service() {
        return (ContextService) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {ContextService.class}, (proxy, method, arguments) -> {
            if (!method.getName().equals("contextualFunction")) {
                throw new AssertionError(method);
            }
            captured.incrementAndGet();
            @SuppressWarnings("unchecked")
            Function<Runnable, Boolean> function = (Function<Runnable, Boolean>) arguments[0];
            String captures = component.get();
            AtomicInteger users = new AtomicInteger();
            AtomicInteger usesOfThis = new AtomicInteger();
            return (Function<Runnable, Boolean>) task -> {
                String before = component.get();
                component.set(captures);
                uses.set(usesOfThis.incrementAndGet());
                if (users.incrementAndGet() > 1) {
                    shared.add(users);
                }
                try {
                    return function.apply(task);
                } finally {
                    users.decrementAndGet();
                    component.set(before);
                }
            };
        });
    }
}
