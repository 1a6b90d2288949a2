package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.partyline.Partyline;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** The application within the JVM of the test, which sees its threads. */
class ShopTest {

    @Test
    void handlerIsABeanAndNoThreadOutlivesTheApplication() throws Exception {
        ConfigurableApplicationContext application = SpringApplication.run(Shop.class, "--server.port=0");
        try (Tab tab = new Tab(application.getEnvironment().getRequiredProperty("local.server.port", Integer.class))) {
            tab.next("$welcome");
            assertEquals(Duration.ofSeconds(5), application.getBean(Partyline.class).settings().time(dev.partyline.Setting.HANDLER_WITHIN));
            tab.send("{\"type\":\"deleteFile\",\"from\":\"tab\",\"id\":1,\"value\":{\"fileName\":\"a.txt\"}}");
            assertTrue(tab.next("\"re\":1").contains("\"left\":2"));

            Set<Thread> threads = threads();
            assertFalse(threads.isEmpty());
            application.close();

            assertTrue(tab.next("$bye").contains("4000"));
            assertEquals(4000, tab.closeCode());
            for (Thread thread : threads) {
                thread.join(Duration.ofSeconds(10).toMillis());
                assertFalse(thread.isAlive(), thread::getName);
            }
        } finally {
            application.close();
        }
    }

    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("partyline-")).collect(Collectors.toSet());
    }
}
