package dev.partyline.container.beans;

import dev.partyline.handler.Handles;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Map;

/** A bean among the classes of the WAR. */
@ApplicationScoped
public class Greeting {

    @Handles("greet")
    public String greet(Map<String, Integer> ages) {
        return "hello from a bean: " + (ages.get("ann") + 1);
    }
}
