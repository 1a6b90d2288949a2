package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.net.URL;
import org.jboss.arquillian.container.spi.client.container.DeploymentException;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Handlers that are methods of beans, in the WAR itself, and what becomes of their mistakes. Where a container has no CDI, the WAR works without them. */
@OnEveryContainer
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class BeansIT {

    private static final String GOOD = "good";
    private static final String FAULTY = "faulty";
    private static final boolean CDI = Boolean.getBoolean("cdi");

    @ArquillianResource
    private Deployer deployer;

    @Deployment(name = GOOD, managed = false, testable = false)
    static WebArchive good() {
        return with(Applications.partyline("good.war"), "Greeting");
    }

    @Deployment(name = FAULTY, managed = false, testable = false)
    static WebArchive faulty() {
        return with(with(Applications.partyline("faulty.war"), "Greeting"), "Rival");
    }

    private static WebArchive with(WebArchive war, String bean) {
        String file = "dev/partyline/container/beans/" + bean + ".class";
        return war.addAsWebInfResource(file, "classes/" + file);
    }

    @Test
    @Order(1)
    void warWithBeansIsDeployed() {
        deployer.deploy(GOOD);
    }

    @Test
    @Order(2)
    void methodOfABeanInTheWarHandlesAType(@ArquillianResource @OperateOnDeployment(GOOD) URL url) {
        try (PlainClient client = PlainClient.welcomed(WarDeployment.reachable(url).line("line"))) {
            JsonObject answer = client.send("{\"type\":\"greet\",\"from\":\"" + client.tab() + "\",\"id\":1,\"value\":{\"ann\":41}}").reply(1);
            // Without CDI, the demo answers.
            assertThat(answer.toString().contains("hello from a bean: 42")).as(answer.toString()).isEqualTo(CDI);
        }
        deployer.undeploy(GOOD);
    }

    /** On Payara Micro, where it does the same, the adapter waits four minutes for a server that has ended. */
    @Test
    @Order(3)
    void mistakeOfABeanFailsTheDeployment() {
        if (CDI && !Claims.container().equals("payara-micro")) {
            Throwable failure = catchThrowable(() -> deployer.deploy(FAULTY));
            assertThat(failure).isInstanceOf(DeploymentException.class);
            if (Claims.container().equals("liberty")) {
                // Its adapter passes on no more of the reason than this; the sentences are in the log of the server.
                assertThat(failure).hasMessageContaining("Exception List with 2 exceptions");
            } else {
                assertThat(failure).hasStackTraceContaining("has two handlers: ").hasStackTraceContaining("beans.Rival.greet").hasStackTraceContaining("beans.Greeting.greet")
                    .hasStackTraceContaining("beans.Rival.reserved cannot handle type");
            }
        } else if (!CDI) {
            deployer.deploy(FAULTY);
            deployer.undeploy(FAULTY);
        }
    }
}
