package dev.partyline.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.partyline.testing.PlainClient;
import jakarta.json.JsonObject;
import java.net.HttpURLConnection;
import java.net.URL;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jboss.arquillian.container.test.api.Deployer;
import org.jboss.arquillian.container.test.api.Deployment;
import org.jboss.arquillian.container.test.api.OperateOnDeployment;
import org.jboss.arquillian.test.api.ArquillianResource;
import org.jboss.shrinkwrap.api.Archive;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.spec.WebArchive;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIf;

/** The ways to deploy an application with the jar that hide it from the container, and the root context: all of Partyline works, and nothing of it is left after the undeployment. */
@OnEveryContainer
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@EnabledIf("dev.partyline.container.Claims#includeLong")
class DeploymentIT {

    private static final String COMPLETE = "complete";
    private static final String BARE = "bare";
    private static final String ORDERED = "ordered";
    private static final String ROOT = "root";
    private static final String EAR = "ear";
    private static final String THREADS = "threads";
    private static final int SHUTTING_DOWN = 4000;
    /** Payara Micro refuses an EAR: "not a valid type of deployment archive". */
    private static final Set<String> WITH_EARS = Set.of("payara-server", "glassfish", "wildfly", "liberty");
    private static final Set<String> IN_THIS_JVM = Set.of("tomcat-10", "tomcat-11", "jetty");
    /** The adapter of Payara Micro starts a server for each deployment, whose end ends all threads. */
    private static final Set<String> WITH_OTHER_APPLICATIONS = Set.of("payara-server", "glassfish", "wildfly", "liberty");
    /** Not that of Jetty, whose adapter takes the path from the name of the archive. */
    private static final Set<String> WITH_ROOT = Set.of("tomcat-10", "tomcat-11", "payara-micro", "payara-server", "glassfish", "wildfly", "liberty");

    @ArquillianResource
    private Deployer deployer;

    @Deployment(name = COMPLETE, managed = false, testable = false)
    static WebArchive complete() {
        return Applications.shopWithDescriptor(COMPLETE, "metadata-complete=\"true\"><listener><listener-class>shop.ShopLine</listener-class></listener>");
    }

    @Deployment(name = BARE, managed = false, testable = false)
    static WebArchive bare() {
        return Applications.shopWithDescriptor(BARE, "metadata-complete=\"true\">");
    }

    @Deployment(name = ORDERED, managed = false, testable = false)
    static WebArchive ordered() {
        return Applications.shopWithDescriptor(ORDERED, "><absolute-ordering/>");
    }

    @Deployment(name = ROOT, managed = false, testable = false)
    static WebArchive root() {
        return Applications.partylineAtRoot();
    }

    @Deployment(name = EAR, managed = false, testable = false)
    static Archive<?> ear() {
        return hasEars() ? Applications.shopInEar() : ShrinkWrap.create(WebArchive.class, "no-ear.war");
    }

    @Deployment(name = THREADS, managed = false, testable = false)
    static WebArchive threads() {
        return Applications.threads();
    }

    static boolean hasEars() {
        return WITH_EARS.contains(Claims.container());
    }

    static boolean hasRoot() {
        return WITH_ROOT.contains(Claims.container());
    }

    /** Whether this container has no such deployment. */
    static boolean isLeftOut(String container, String claim) {
        return claim.contains("Ear") && !WITH_EARS.contains(container) || claim.contains("RootContext") && !WITH_ROOT.contains(container);
    }

    @Test
    @Order(0)
    void otherApplicationIsDeployed() {
        if (WITH_OTHER_APPLICATIONS.contains(Claims.container())) {
            deployer.deploy(THREADS);
        }
    }

    @Test
    @Order(1)
    void applicationWithCompleteMetadataIsDeployed() {
        deployer.deploy(COMPLETE);
    }

    @Test
    @Order(2)
    void allOfPartylineWorksInAnApplicationWithCompleteMetadata(@ArquillianResource @OperateOnDeployment(COMPLETE) URL url) {
        assertWorksAndEnds(COMPLETE, WarDeployment.at(url));
    }

    @Test
    @Order(3)
    void applicationWithCompleteMetadataThatDeclaresNoListenerIsDeployed() {
        deployer.deploy(BARE);
    }

    @Test
    @Order(4)
    void partylineStartsByItselfInAnApplicationWithCompleteMetadata(@ArquillianResource @OperateOnDeployment(BARE) URL url) {
        WarDeployment deployment = WarDeployment.at(url);
        assertThat(deployment.get("partyline/health/ready").statusCode()).isEqualTo(HttpURLConnection.HTTP_OK);
        assertEnds(BARE, deployment, PlainClient.welcomed(deployment.line("partyline/line")));
    }

    @Test
    @Order(5)
    void applicationWithAnOrderingWithoutPartylineIsDeployed() {
        deployer.deploy(ORDERED);
    }

    @Test
    @Order(6)
    void allOfPartylineWorksInAnApplicationWithAnOrderingWithoutIt(@ArquillianResource @OperateOnDeployment(ORDERED) URL url) {
        assertWorksAndEnds(ORDERED, WarDeployment.at(url));
    }

    @Test
    @EnabledIf("hasEars")
    @Order(7)
    void applicationInAnEarIsDeployed() {
        deployer.deploy(EAR);
    }

    @Test
    @EnabledIf("hasEars")
    @Order(8)
    void allOfPartylineWorksInTheLibFolderOfAnEarAndItsEjbsPublish(@ArquillianResource @OperateOnDeployment(EAR) URL url) {
        WarDeployment shop = new WarDeployment(WarDeployment.at(url).origin(), "/earshop/");
        try (PlainClient client = PlainClient.welcomed(shop.line("partyline/line"))) {
            client.send("{\"type\":\"$join\",\"topic\":\"stock\",\"from\":\"" + client.tab() + "\",\"id\":1}");
            assertThat(client.next("counted").getString("topic")).isEqualTo("stock");
        }
        assertWorksAndEnds(EAR, shop);
    }

    @Test
    @EnabledIf("hasRoot")
    @Order(9)
    void warIsDeployedAsTheRootContext() {
        deployer.deploy(ROOT);
    }

    @Test
    @EnabledIf("hasRoot")
    @Order(10)
    void addressesOfTheRootContextHaveNoPrefix(@ArquillianResource @OperateOnDeployment(ROOT) URL url) {
        WarDeployment root = WarDeployment.at(url);
        assertThat(root.path()).isEqualTo("/");
        for (String file : new String[] {"", "main.js", "worker.js", "demo/demo.js", "health", "metrics", "api/lines"}) {
            assertThat(root.get(file).statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
        }
        PlainClient client = PlainClient.welcomed(root.line("line"));
        assertEnds(ROOT, root, client);
    }

    private void assertWorksAndEnds(String name, WarDeployment deployment) {
        for (String file : new String[] {"main.js", "worker.js", "partyline/worker/hub.js", "main.d.ts", "api/openapi.json", "health", "health/ready", "metrics", "api/lines"}) {
            assertThat(deployment.get("partyline/" + file).statusCode()).as(file).isEqualTo(HttpURLConnection.HTTP_OK);
        }
        Matcher kept = Pattern.compile("\"([0-9a-f]{16})\"").matcher(deployment.get("partyline/main.js").body());
        assertThat(kept.find()).as("main.js has a version that changes with the modules").isTrue();
        assertThat(deployment.get("partyline/partyline-" + kept.group(1) + "/worker.js").headers().firstValue("Cache-Control").orElse("none")).contains("immutable");
        PlainClient client = PlainClient.welcomed(deployment.line("partyline/line"));
        JsonObject reply = client.send("{\"type\":\"deleteFile\",\"from\":\"" + client.tab() + "\",\"id\":1,\"value\":{\"fileName\":\"a.txt\"}}").reply(1);
        assertThat(reply.getJsonObject("value").getString("fileName")).isEqualTo("a.txt");
        assertEnds(name, deployment, client);
    }

    private void assertEnds(String name, WarDeployment deployment, PlainClient client) {
        deployer.undeploy(name);
        assertThat(client.next("$bye").getInt("code")).isEqualTo(SHUTTING_DOWN);
        client.close();
        await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(threads(deployment)).isEmpty());
    }

    private static String threads(WarDeployment deployment) {
        if (WITH_OTHER_APPLICATIONS.contains(Claims.container())) {
            return new WarDeployment(deployment.origin(), "/threads/").get("threads").body();
        }
        return IN_THIS_JVM.contains(Claims.container()) ? PartylineThreads.names() : "";
    }
}
