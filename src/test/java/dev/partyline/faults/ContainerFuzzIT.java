package dev.partyline.faults;

import dev.partyline.container.Applications;
import dev.partyline.container.WarDeployment;
import dev.partyline.testing.Fuzzing;
import java.net.URI;
import java.net.URL;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** The fuzzers on a container, by {@code -Dfuzz.containers=true}: the same as those of every build, but for the threads and the log of the server, which is not ours. */
@Tag("container")
@ExtendWith(ArquillianExtension.class)
@EnabledIfSystemProperty(named = "fuzz.containers", matches = "true")
class ContainerFuzzIT {

    private final Fuzzing fuzzing = new Fuzzing(ContainerFuzzIT.class);

    @ArquillianResource
    private URL url;

    @Deployment(testable = false)
    static WebArchive war() {
        Map<String, String> settings = new HashMap<>(ProtocolFuzz.SETTINGS);
        settings.put("partyline.api.key.guesses", "1000000");
        return Applications.partyline(settings);
    }

    private URI line() {
        return WarDeployment.at(url).line("line");
    }

    @Test
    void whateverClientsSendNoOtherIsHarmed() {
        fuzzing.run(() -> new ProtocolFuzz(fuzzing, line(), ServerAccess.of(WarDeployment.at(url))).run());
    }

    @Test
    void whateverIsAskedOverHttpTheAnswerTellsNothingAndNothingRefusedIsDelivered() {
        fuzzing.run(() -> new HttpFuzz(fuzzing, line(), ServerAccess.of(WarDeployment.at(url)), Pattern.compile(HttpFuzz.INSIDE)).run());
    }
}
