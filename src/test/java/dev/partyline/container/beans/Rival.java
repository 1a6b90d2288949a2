package dev.partyline.container.beans;

import dev.partyline.handler.Handles;
import jakarta.enterprise.context.Dependent;

/** A bean with mistakes: one of its types has a handler already, the other one is reserved. */
@Dependent
public class Rival {

    @Handles("greet")
    public String greet() {
        return "hello";
    }

    @Handles("$reserved")
    public String reserved() {
        return "never";
    }
}
