package dev.partyline.connection;

import dev.partyline.line.FlowLimits;
import dev.partyline.line.LineLimits;
import dev.partyline.line.Quotas;

/** The limits of connections: their own, and those of the lines that they are attached to. */
public record ClientLimits(LineLimits line, MessageLimits message, AdmissionRules admission) {

    /** The member {@code limits} of {@code $welcome}. */
    String toJson() {
        FlowLimits flow = line.flow();
        Quotas quotas = line.quotas();
        return "{\"message\":" + message.chars() + ",\"window\":" + flow.windowChars() + ",\"ack\":" + flow.ackChars() + ",\"ackMessages\":" + flow.ackMessages()
            + ",\"rate\":" + message.perSecond() + ",\"burst\":" + message.burst() + ",\"tabs\":" + quotas.tabs() + ",\"topics\":" + quotas.topics()
            + ",\"depth\":" + message.json().depth() + ",\"number\":" + message.json().numberChars() + ",\"members\":" + message.json().members()
            + ",\"name\":" + message.nameChars() + "}";
    }
}
