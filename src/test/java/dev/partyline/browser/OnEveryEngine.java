package dev.partyline.browser;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ArgumentsSource;

/** A case that is run once in each engine that the run demands, and shown in the table at the end. Its tag sends it to where several browsers run side by side. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Tag("browser")
@ParameterizedTest(name = "{0}", autoCloseArguments = false, allowZeroInvocations = true)
@ArgumentsSource(Engines.class)
@ExtendWith(Outcomes.class)
@interface OnEveryEngine {
}
