package dev.partyline.line;

/**
 * How many lines a node has, and how much belongs to one line.
 *
 * @param lines           maximum number of lines, open and held
 * @param linesPerUser    maximum number of lines of one user
 * @param linesPerAddress maximum number of lines from one address
 * @param tabs            maximum number of tabs on a line
 * @param topics          maximum number of topics that a line may join, besides those that every line is in
 */
public record Quotas(int lines, int linesPerUser, int linesPerAddress, int tabs, int topics) {

    public Quotas {
        if (lines < 1 || linesPerUser < 1 || linesPerAddress < 1 || tabs < 1 || topics < 1) {
            throw new IllegalArgumentException("lines is " + lines + ", linesPerUser is " + linesPerUser + ", linesPerAddress is " + linesPerAddress
                + ", tabs is " + tabs + " and topics is " + topics + ", each must be positive");
        }
    }
}
