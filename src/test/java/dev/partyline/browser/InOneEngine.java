package dev.partyline.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * This case, or those of this class, are about our pages and our server, and not about tabs, workers, storage or networks, which engines implement differently. They run in the
 * first engine of the run; with {@code -Dmatrix=full} in every engine.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@interface InOneEngine {
}
