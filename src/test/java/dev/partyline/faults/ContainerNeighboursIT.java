package dev.partyline.faults;

import dev.partyline.container.Applications;
import dev.partyline.container.WarDeployment;
import java.net.URL;
import java.util.Optional;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.junit5.ArquillianExtension;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@link NoisyNeighbours} on a container, by {@code -Dfuzz.containers=true}. */
@Tag("container")
@ExtendWith(ArquillianExtension.class)
@EnabledIfSystemProperty(named = "fuzz.containers", matches = "true")
@DisabledIfSystemProperty(named = "container", matches = "jetty", disabledReason = "its adapter loads the sample from the tests' class path, where Partyline's classes are missing")
class ContainerNeighboursIT {

    @ArquillianResource
    private URL url;

    @Deployment(testable = false)
    static WebArchive war() {
        return Applications.partylineWithSample(NoisyNeighbours.SETTINGS);
    }

    @Test
    void tenHostileLinesCostAHealthyOneNothing() {
        WarDeployment deployment = WarDeployment.at(url);
        new NoisyNeighbours(deployment.line("line"), ServerAccess.of(deployment), Optional.empty()).run();
    }
}
