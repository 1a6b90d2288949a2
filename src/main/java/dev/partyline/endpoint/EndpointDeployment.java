package dev.partyline.endpoint;

import jakarta.servlet.ServletContext;
import jakarta.websocket.DeploymentException;
import jakarta.websocket.server.ServerContainer;

/** Deploys the endpoint of the jar where the container has not found it by its annotation. */
public final class EndpointDeployment {

    public static final String MISSING = "the server has no WebSockets: Partyline needs tomcat-embed-websocket, on Spring Boot spring-boot-starter-websocket";
    private static final System.Logger LOG = System.getLogger(EndpointDeployment.class.getName());

    private EndpointDeployment() {
    }

    /** Whether this is the jar and not the WAR, whose endpoint containers find in any case. */
    public static boolean isOfJar() {
        return EndpointDeployment.class.getResource("JarEndpoint.class") != null;
    }

    /** Whether the container has WebSockets for this application, and they are ready. */
    public static boolean isPossible(ServletContext context) {
        return context.getAttribute(ServerContainer.class.getName()) instanceof ServerContainer;
    }

    /** The container may have deployed it already, as some do wherever the jar is. There is no way to learn that but to try. */
    public static void deploy(ServletContext context) {
        try {
            ((ServerContainer) context.getAttribute(ServerContainer.class.getName())).addEndpoint(JarEndpoint.class);
        } catch (DeploymentException | RuntimeException e) {
            LOG.log(System.Logger.Level.DEBUG, "the container has deployed the endpoint already", e);
        }
    }
}
