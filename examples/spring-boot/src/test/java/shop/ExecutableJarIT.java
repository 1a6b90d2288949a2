package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The very jar that {@code package} made, by {@code java -jar}. */
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ExecutableJarIT {

    private static final Pattern STARTED = Pattern.compile("Tomcat started on port (\\d+)");
    private static final int TERMINATED = 128 + 15;

    private static Process server;
    private static int port;

    @BeforeAll
    static void start() throws Exception {
        server = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-jar", System.getProperty("shop.jar"), "--server.port=0")
            .redirectErrorStream(true).start();
        BufferedReader log = server.inputReader();
        StringBuilder read = new StringBuilder();
        Matcher started;
        do {
            String line = log.readLine();
            assertNotNull(line, read::toString);
            read.append(line).append('\n');
            started = STARTED.matcher(line);
        } while (!started.find());
        port = Integer.parseInt(started.group(1));
        // What it logs later must not fill the pipe.
        Thread reader = new Thread(() -> log.lines().forEach(System.out::println), "log");
        reader.setDaemon(true);
        reader.start();
    }

    @AfterAll
    static void end() {
        server.destroyForcibly();
    }

    @Test
    @Order(1)
    void pageAndItsModulesAreServed() throws Exception {
        for (String path : new String[] {"/", "/shop.js", "/partyline/worker.js", "/partyline/partyline/version.js", "/partyline/health/ready"}) {
            assertEquals(200, Tab.get(port, path).statusCode(), path);
        }
        HttpResponse<String> main = Tab.get(port, "/partyline/main.js");
        assertTrue(main.headers().firstValue("Content-Type").orElse("").contains("javascript"));
        Matcher module = Pattern.compile("['\"]\\./(partyline-[0-9a-f]{16}/[a-z/-]+\\.js)").matcher(main.body());
        assertTrue(module.find(), main::body);
        HttpResponse<String> kept = Tab.get(port, "/partyline/" + module.group(1));
        assertEquals(200, kept.statusCode());
        assertTrue(kept.headers().firstValue("Cache-Control").orElse("").contains("immutable"));
        assertEquals(404, Tab.get(port, "/metrics").statusCode());
    }

    @Test
    @Order(2)
    void requestIsAnsweredAndTheStopTakesLeave() throws Exception {
        try (Tab tab = new Tab(port)) {
            tab.next("$welcome");
            tab.send("{\"type\":\"$join\",\"topic\":\"files\",\"id\":1}");
            tab.next("\"re\":1");
            tab.send("{\"type\":\"deleteFile\",\"from\":\"tab\",\"id\":2,\"value\":{\"fileName\":\"a.txt\"}}");
            assertTrue(tab.next("\"re\":2").contains("\"fileName\":\"a.txt\""));

            server.destroy();

            assertTrue(tab.next("$bye").contains("4000"));
            assertTrue(server.waitFor(30, TimeUnit.SECONDS));
            assertEquals(TERMINATED, server.exitValue());
        }
    }
}
