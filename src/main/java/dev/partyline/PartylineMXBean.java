package dev.partyline;

/** Partyline for those who look at their servers by JMX, as {@code dev.partyline:type=Partyline,context="…"}. */
public interface PartylineMXBean {

    /** Lines, open and held. */
    int getLines();

    /** Lines that wait for their browser. */
    int getHeldLines();

    /** Tabs on all lines. */
    int getTabs();

    int getTopics();

    /** WebSocket messages from clients since the start. */
    long getMessagesIn();

    /** WebSocket messages to clients since the start. */
    long getBatchesOut();

    /** Sockets closed since the start because their reader did not keep up. */
    long getSlowCloses();

    boolean isDraining();

    /** Makes {@code health/ready} say no, so that a load balancer sends new browsers elsewhere. */
    void drain();
}
