package dev.partyline.line;

import java.time.Duration;

/** The limits that are in force when nothing is set, to be changed by a test that means one of them. */
final class Limits {

    int window = 262_144;
    int syncSendChars = 16_384;
    int batch = 65_536;
    Duration sendDeadline = Duration.ofSeconds(5);
    Duration silence = Duration.ofSeconds(35);
    Duration keepAlive = Duration.ofSeconds(20);
    Duration hold = Duration.ofMinutes(2);
    int heldLines = 10_000;
    long heldChars = 64 << 20;
    int inboxMessages = 512;
    int inboxChars = 1 << 20;
    int tabs = 64;
    int topics = 128;
    int lines = 50_000;
    int linesPerUser = 20;
    int linesPerAddress = 200;
    int newLinesPerAddress = 50;
    int socketsPerAddress = 400;

    LineLimits build() {
        return new LineLimits(new FlowLimits(window, syncSendChars, batch), new Timeouts(sendDeadline, silence, keepAlive),
            new Quotas(lines, linesPerUser, linesPerAddress, newLinesPerAddress, socketsPerAddress, tabs, topics),
            new InboxLimits(inboxMessages, inboxChars), new HoldLimits(hold, heldLines, heldChars),
            new RateLimits(50, 100, 1 << 18, 1 << 20));
    }
}
