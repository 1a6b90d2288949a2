package dev.partyline.connection;

import dev.partyline.line.FlowLimits;
import dev.partyline.line.LineLimits;
import dev.partyline.line.LineRates;
import dev.partyline.line.Quotas;
import dev.partyline.line.RateLimits;

/** The limits of connections: their own, and those of the lines that they are attached to. */
public record ClientLimits(LineLimits line, MessageLimits message, AdmissionRules admission, CallerRules caller) {

    /** The member {@code limits} of {@code $welcome} of a line. */
    String toJson(LineRates sent, long nowNanos) {
        FlowLimits flow = line.flow();
        Quotas quotas = line.quotas();
        RateLimits rates = line.rates();
        return "{\"message\":" + message.chars() + ",\"window\":" + flow.windowChars() + ",\"ack\":" + flow.ackChars() + ",\"ackMessages\":" + line.inbox().ackMessages()
            + ",\"rate\":" + rates.perSecond() + ",\"burst\":" + rates.burst() + ",\"rateChars\":" + rates.charsPerSecond() + ",\"burstChars\":" + rates.charsBurst()
            + ",\"left\":" + sent.messagesLeft(nowNanos) + ",\"leftChars\":" + sent.charsLeft(nowNanos)
            + ",\"tabs\":" + quotas.tabs() + ",\"topics\":" + quotas.topics()
            + ",\"depth\":" + message.json().depth() + ",\"number\":" + message.json().numberChars() + ",\"members\":" + message.json().members()
            + ",\"name\":" + message.nameChars() + "}";
    }
}
