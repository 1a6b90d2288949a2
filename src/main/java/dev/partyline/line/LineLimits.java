package dev.partyline.line;

/** The limits of lines and of their connections, of which the settings of an application are the one source. */
public record LineLimits(FlowLimits flow, Timeouts timeouts, Quotas quotas, InboxLimits inbox, HoldLimits hold, RateLimits rates) {
}
