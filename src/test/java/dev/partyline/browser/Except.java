package dev.partyline.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** An engine in which a case cannot be driven, and the reason, which the table shows. Public, since the JDK reads repeated ones from a module of its own. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Except.All.class)
public @interface Except {

    String[] engines();

    String why();

    /** Holds more than one. */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    @interface All {
        Except[] value();
    }
}
