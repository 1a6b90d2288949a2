package dev.partyline.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The cases of this class are run twice in each engine: on a shared line, and in a browser without shared workers, where
 * the same must come out. A case that is about sharing is excepted by an {@link Except} that says so.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface InBothModes {
}
