package dev.partyline.topic;

/**
 * How many topics a node has, and how many of them one client may have created. Topics of the server itself, {@code *} and {@code @user:NAME}, do not count.
 *
 * @param total      maximum number of topics
 * @param perLine    maximum number of topics that one line has created
 * @param perUser    maximum number of topics that the lines of one user have created
 * @param perAddress maximum number of topics that the lines of one address have created
 */
public record TopicQuotas(int total, int perLine, int perUser, int perAddress) {

    public TopicQuotas {
        if (total < 1 || perLine < 1 || perUser < 1 || perAddress < 1) {
            throw new IllegalArgumentException("total is " + total + ", perLine is " + perLine + ", perUser is " + perUser + " and perAddress is " + perAddress + ", each must be positive");
        }
    }
}
