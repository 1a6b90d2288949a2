package orders;

import dev.partyline.handler.Handles;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.context.Dependent;
import java.util.concurrent.atomic.AtomicInteger;

/** For the tests: a bean that is created for each message, and destroyed after it. */
@Dependent
public class Receipt {

    private static final AtomicInteger DESTROYED = new AtomicInteger();
    private int lines;

    @Handles("receipt")
    public String write() {
        lines++;
        return "line " + lines + ", " + DESTROYED + " before";
    }

    @PreDestroy
    void end() {
        DESTROYED.incrementAndGet();
    }
}
