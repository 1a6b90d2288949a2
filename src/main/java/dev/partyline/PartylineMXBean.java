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

    /** Makes {@code health/ready} answer with 503, so that a load balancer sends new browsers elsewhere. */
    void drain();
}
