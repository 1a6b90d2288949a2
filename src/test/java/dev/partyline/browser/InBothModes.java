package dev.partyline.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The cases of this class are run on a shared line in each engine, and in the first engine of the run once more in a browser without shared workers,
 * where the same must come out; with {@code -Dmatrix=full} in every engine. A case that is about sharing is excepted by an {@link Except} that says so.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface InBothModes {
}
