package dev.partyline;

/** The MBean {@code dev.partyline:type=Partyline,context="…"}. */
public interface PartylineMXBean {

    /** Lines, open and held. */
    int getLines();

    /** Held lines. */
    int getHeldLines();

    /** Tabs on all lines. */
    int getTabs();

    int getTopics();

    /** WebSocket messages from clients since the start. */
    long getMessagesIn();

    /** WebSocket messages to clients since the start. */
    long getBatchesOut();

    /** Connections closed since the start because of a slow reader. */
    long getSlowCloses();

    boolean isDraining();

    /** The virtual host of the application. */
    String getHost();

    /** Of the application, in Tomcat's parallel deployment: {@code 2} for {@code shop##2.war}. Empty elsewhere. */
    String getVersion();

    /** Whether the application has started. */
    boolean isStarted();

    /** Whether a newer version of the application serves new clients, so that this one sends its own ones there. */
    boolean isSuperseded();

    /** Makes {@code health/ready} answer with 503, so that a load balancer sends new browsers elsewhere. */
    void drain();
}
