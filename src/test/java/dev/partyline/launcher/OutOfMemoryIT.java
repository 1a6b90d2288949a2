package dev.partyline.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that has no memory for a while, first before most of its code has ever run, and once more afterwards. {@code -Dexhausted.seconds} makes the while longer. */
@Timeout(600)
class OutOfMemoryIT {

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Duration EXHAUSTED = Duration.ofSeconds(Integer.getInteger("exhausted.seconds"));

    @Test
    void serverThatHadNoMemoryServesEveryFrameAgainAndNothingIsLeftOver() {
        try (Run run = Run.withMemoryHog("-Dpartyline.hold=2s", "-Dpartyline.log.age=2s", "-Dpartyline.plain.clients=false", "-Dpartyline.hello.within=2s", "-Dpartyline.silence=6s",
            "-Dpartyline.keep.alive=2s", "-Dpartyline.rate=1000000", "-Dpartyline.demo.broadcast.after=1h", "-Dpartyline.lines.per.address.rate=1000000")) {
            for (int time = 1; time <= 2; time++) {
                PlainClient early = welcomed(run);
                exhaust(run, time);
                await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(() -> run.get("/health/ready").statusCode() == 200);

                // Whether it is still there or not.
                early.drop();
                for (int i = 0; i < 10; i++) {
                    try (PlainClient late = welcomed(run)) {
                        late.send(LauncherIT.everyFrame(late.tab()));
                        assertThat(LauncherIT.replies(late)).noneMatch(reply -> reply.containsKey("error"));
                        late.next(frame -> frame.getString("type", "").equals("$pong"));
                        late.send("{\"type\":\"$bye\"}");
                        assertThat(late.closeCode()).isEqualTo(1000);
                    }
                }
                try (PlainClient silent = run.line()) {
                    assertThat(silent.closeCode()).isEqualTo(4506);
                }
                // Tomcat forgets some sockets, so that it takes until their clients count as silent.
                await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
                    assertThat(run.metric("partyline_lines")).isZero();
                    assertThat(run.metric("partyline_lines_held")).isZero();
                    assertThat(run.metric("partyline_tabs")).isZero();
                    // The topic of all frames, which remembers the key of a message for minutes.
                    assertThat(run.metric("partyline_topics")).isLessThanOrEqualTo(1);
                    assertThat(run.metric("partyline_inbound_bytes")).isZero();
                });
            }
            assertThat(run.output()).contains("OutOfMemoryError").doesNotContain("NoClassDefFoundError");
        }
    }

    private static void exhaust(Run run, int time) {
        run.write(MemoryHog.TAKE);
        await().atMost(Duration.ofMinutes(1)).until(() -> run.output().split(MemoryHog.FULL, -1).length > time);
        long end = System.nanoTime() + EXHAUSTED.toNanos();
        while (System.nanoTime() < end) {
            HTTP.newWebSocketBuilder().buildAsync(run.lineAddress(), new WebSocket.Listener() { }).thenAccept(OutOfMemoryIT::sendEveryFrame)
                .orTimeout(1, TimeUnit.SECONDS).exceptionally(failure -> null).join();
        }
        run.write(MemoryHog.FREE);
    }

    private static void sendEveryFrame(WebSocket socket) {
        String tab = "tab-of-" + System.identityHashCode(socket);
        CompletableFuture<WebSocket> sent = socket.sendText("{\"type\":\"$hello\",\"v\":1,\"tabs\":[\"" + tab + "\"]}", true);
        for (String frame : LauncherIT.everyFrame(tab)) {
            sent = sent.thenCompose(self -> self.sendText(frame, true));
        }
        sent.whenComplete((self, failure) -> socket.abort());
    }

    private static PlainClient welcomed(Run run) {
        return PlainClient.welcomed(run.lineAddress());
    }
}
