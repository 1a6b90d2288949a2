package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.net.URL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What the contexts of handlers cost, by {@code -Dcontexts.cost=true}: the processor time that the server takes for a request with them and without, in turns on the same server. Prints both and their
 * ratio, and asserts nothing about it.
 */
@Tag("container")
@ExtendWith(ArquillianExtension.class)
@EnabledIfSystemProperty(named = "contexts.cost", matches = "true")
class ContextCostIT {

    private static final int LINES = 8;
    private static final int ROUNDS = 9;
    private static final Duration WARM = Duration.ofSeconds(20);
    private static final Duration ROUND = Duration.ofSeconds(4);

    @ArquillianResource
    private URL url;

    @Deployment(testable = false)
    static WebArchive orders() {
        String file = "dev/partyline/container/ContextSwitch.class";
        return Applications.ordersForContainer().addAsWebInfResource(file, "classes/" + file);
    }

    @Test
    void requestWithAndWithoutTheContexts() {
        WarDeployment deployment = WarDeployment.at(url);
        List<PlainClient> clients = new ArrayList<>();
        ExecutorService threads = Executors.newFixedThreadPool(LINES);
        try {
            IntStream.range(0, LINES).forEach(i -> clients.add(PlainClient.welcomed(deployment.line("partyline/line"))));
            AtomicInteger ids = new AtomicInteger();
            List<Long> with = new ArrayList<>();
            List<Long> without = new ArrayList<>();
            for (boolean on : new boolean[] {true, false}) {
                measure(on, WARM, clients, threads, ids);
            }
            for (int round = 0; round < ROUNDS; round++) {
                with.add(measure(true, ROUND, clients, threads, ids));
                without.add(measure(false, ROUND, clients, threads, ids));
            }
            System.out.printf("%s: CPU µs a request, with contexts %d %s, without %d %s, ratio %.2f%n", Claims.container(), median(with), with, median(without), without,
                (double) median(with) / median(without));
        } finally {
            threads.shutdown();
            clients.forEach(PlainClient::close);
        }
    }

    /** Returns the processor time of a request, in microseconds. */
    private static long measure(boolean on, Duration time, List<PlainClient> clients, ExecutorService threads, AtomicInteger ids) {
        PlainClient first = clients.get(0);
        assertThat(request(first, ids, "contexts.on", String.valueOf(on)).getBoolean("value")).as("the server has contexts").isTrue();
        long before = request(first, ids, "cpu", "1").getJsonNumber("value").longValueExact();
        long until = System.nanoTime() + time.toNanos();
        List<CompletableFuture<Integer>> counts = clients.stream().map(client -> CompletableFuture.supplyAsync(() -> {
            int requests = 0;
            while (System.nanoTime() - until < 0) {
                request(client, ids, "echo", "1");
                requests++;
            }
            return requests;
        }, threads)).toList();
        int requests = counts.stream().mapToInt(CompletableFuture::join).sum();
        return (request(first, ids, "cpu", "1").getJsonNumber("value").longValueExact() - before) / requests;
    }

    private static long median(List<Long> values) {
        List<Long> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static JsonObject request(PlainClient client, AtomicInteger ids, String type, String value) {
        int id = ids.incrementAndGet();
        return client.send("{\"type\":\"" + type + "\",\"from\":\"" + client.tab() + "\",\"id\":" + id + ",\"value\":" + value + "}").reply(id);
    }
}
