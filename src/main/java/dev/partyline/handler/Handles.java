package dev.partyline.handler;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a public method of a CDI bean or an EJB as the handler of a type: {@code @Handles("deleteFile") public Deleted delete(DeleteFile file, Call<?> call)}.
 *
 * <p>Each parameter may be left out, and the order does not matter: the value, of any type that JSON-B maps, such as {@code List<Place>}; the {@link Call}, which may also bring the value, as
 * {@code Call<DeleteFile>}; the {@link Caller}. What the method returns and throws means what it does for a {@link Handler}.
 *
 * <p>The method is called as by any other bean: with the interceptors of the bean, in its scope, in the contexts of a call. A bean that is {@code @Dependent} is created for each message. The
 * scopes of sessions and conversations do not fit, since a message belongs to none.
 *
 * <p>The container finds these methods when it starts the application, which fails with a sentence for each mistake: two handlers for a type, an invalid type, wrong parameters. A container
 * without CDI finds none.
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface Handles {

    /** The type of the messages. */
    String value();

    /** As {@link HandlerOptions#within}, in seconds; 0 for the setting {@code partyline.handler.within}. */
    long withinSeconds() default 0;

    /** As {@link HandlerOptions#parallel}. */
    int parallel() default 1;

    /** As {@link HandlerOptions#nonBlocking}. */
    boolean nonBlocking() default false;
}
