package dev.partyline.line;

/**
 * How many lines a node has, and how much belongs to one line.
 *
 * @param lines              maximum number of lines, open and held
 * @param linesPerUser       maximum number of lines of one user
 * @param linesPerAddress    maximum number of lines from one address
 * @param newLinesPerAddress maximum number of new lines from one address in a second, on average
 * @param socketsPerAddress  maximum number of sockets from one address
 * @param tabs               maximum number of tabs on a line
 * @param topics             maximum number of topics that a line may join, besides those that every line is in
 */
public record Quotas(int lines, int linesPerUser, int linesPerAddress, int newLinesPerAddress, int socketsPerAddress, int tabs, int topics) {

    /** For so many seconds the new lines of an address may come at once. */
    private static final int BURST_SECONDS = 10;

    public Quotas {
        if (lines < 1 || linesPerUser < 1 || linesPerAddress < 1 || newLinesPerAddress < 1 || socketsPerAddress < 1 || tabs < 1 || topics < 1) {
            throw new IllegalArgumentException("lines is " + lines + ", linesPerUser is " + linesPerUser + ", linesPerAddress is " + linesPerAddress
                + ", newLinesPerAddress is " + newLinesPerAddress + ", socketsPerAddress is " + socketsPerAddress + ", tabs is " + tabs + " and topics is " + topics + ", each must be positive");
        }
    }

    /** How many lines of an address may be opened at once: after a restart of the server, all of them are. */
    int newLinesBurst() {
        return Math.max(linesPerAddress, BURST_SECONDS * newLinesPerAddress);
    }
}
