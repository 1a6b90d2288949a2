package dev.partyline.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * An engine or a mode in which a case, or all of a class, cannot be driven or has no meaning, and the reason, which the table shows.
 * Public, since the JDK reads repeated ones from a module of its own.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Except.All.class)
public @interface Except {

    /** None: all of them. */
    String[] engines() default {};

    /** {@code shared} or {@code direct}. None: both. */
    String[] modes() default {};

    String why();

    /** Holds more than one. */
    @Target({ElementType.METHOD, ElementType.TYPE})
    @Retention(RetentionPolicy.RUNTIME)
    @interface All {
        Except[] value();
    }
}
