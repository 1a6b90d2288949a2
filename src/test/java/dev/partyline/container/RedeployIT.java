package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.net.URL;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** The WAR goes and comes back, as on every release. */
@OnEveryContainer
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RedeployIT {

    private static final String WAR = "war";
    private static final int SHUTTING_DOWN = 4000;
    private static final int GOING_AWAY = 1001;

    private static PlainClient client;

    @ArquillianResource
    private Deployer deployer;

    @Deployment(name = WAR, managed = false, testable = false)
    static WebArchive war() {
        return Applications.partyline();
    }

    @Test
    @Order(1)
    void deploymentByHandWorks() {
        deployer.deploy(WAR);
    }

    @Test
    @Order(2)
    void undeployingSaysGoodbyeAndCloses(@ArquillianResource @OperateOnDeployment(WAR) URL url) {
        client = PlainClient.welcomed(WarDeployment.reachable(url).line("line"));

        deployer.undeploy(WAR);

        JsonObject bye = client.next("$bye");
        assertThat(bye.getInt("code")).isEqualTo(SHUTTING_DOWN);
        assertThat(client.closeCode()).isIn(SHUTTING_DOWN, GOING_AWAY, PlainClient.DROPPED);
    }

    @Test
    @Order(3)
    void deployingAgainWorks() {
        deployer.deploy(WAR);
    }

    @Test
    @Order(4)
    void lineOfTheFormerDeploymentGetsANewOne(@ArquillianResource @OperateOnDeployment(WAR) URL url) {
        try (PlainClient again = new PlainClient(WarDeployment.reachable(url).line("line"))) {
            again.send("{\"type\":\"$hello\",\"v\":1,\"line\":\"former\",\"key\":\"former\",\"inbox\":0,\"tabs\":[\"tab-1\"]}");

            assertThat(again.next("$welcome").getBoolean("resumed")).isFalse();
        }
        deployer.undeploy(WAR);
    }
}
