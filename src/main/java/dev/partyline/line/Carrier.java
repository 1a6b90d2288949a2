package dev.partyline.line;

/**
 * One socket while it carries a line: what is under way on it, and the credit of its reader.
 *
 * <p>Belongs to the line's operator, but for the end of a send and the reader's acks, which come on the container's threads and leave word here.
 */
public final class Carrier implements Socket.Sent {

    /** A time that has not come. */
    static final long NEVER = Long.MIN_VALUE;

    /** From how many characters on a message goes as bytes to a client that reads them. Smaller ones gain little, and a text can be read in a browser's tools. */
    private static final int BINARY_CHARS = 512;

    private enum Result { NONE, DELIVERED, FAILED }

    final Socket socket;
    private final boolean binary;
    final Window window;
    private final Operator operator;
    private final Line line;

    /** Since when something is under way. */
    long sendingSince = NEVER;
    /** Since when the window is full although there is something to send. */
    long fullSince = NEVER;
    /** When something was last sent. */
    long sentAt;
    /** When the client was last heard. Any thread. */
    private volatile long heardAt;
    /** What {@link Window#sent} was when a WebSocket ping last left, or −1 once its pong is back. Any thread. */
    private volatile long pingedAt = -1;
    private volatile Result result = Result.NONE;

    Carrier(Socket socket, boolean binary, Window window, Line line, Operator operator, long now) {
        this.socket = socket;
        this.binary = binary;
        this.window = window;
        this.line = line;
        this.operator = operator;
        this.sentAt = now;
        this.heardAt = now;
    }

    boolean isSending() {
        return sendingSince != NEVER;
    }

    void send(Parcel parcel, long now) {
        boolean quick = socket.isQuick() && window.isQuick(parcel.length());
        window.send(parcel.length());
        sentAt = now;
        if (quick) {
            if (!(isBinary(parcel) ? socket.sendNow(parcel.utf8()) : socket.sendNow(parcel.text()))) {
                done(false);
            }
            return;
        }
        sendingSince = now;
        if (isBinary(parcel)) {
            socket.send(parcel.utf8(), this);
        } else {
            socket.send(parcel.text(), this);
        }
    }

    private boolean isBinary(Parcel parcel) {
        return binary && parcel.length() >= BINARY_CHARS;
    }

    /** Asks by WebSocket ping how far a client has read that knows no acks. */
    void ping(long now) {
        sendingSince = now;
        sentAt = now;
        pingedAt = window.sent();
        operator.aside(() -> {
            socket.ping();
            done(true);
        });
    }

    long heardAt() {
        return heardAt;
    }

    boolean isPinged() {
        return pingedAt >= 0;
    }

    @Override
    public void done(boolean delivered) {
        result = delivered ? Result.DELIVERED : Result.FAILED;
        operator.call(line);
    }

    /** Operator only: takes note of a send that has ended; false if it failed. */
    boolean settle() {
        Result ended = result;
        if (ended == Result.NONE) {
            return true;
        }
        result = Result.NONE;
        sendingSince = NEVER;
        return ended == Result.DELIVERED;
    }

    /** Any thread: the client has said something. */
    public void heard() {
        heardAt = operator.now();
    }

    /** Any thread: the client has heard so many characters. */
    public void acked(long chars) {
        if (window.ack(chars)) {
            operator.call(line);
        }
    }

    /** Any thread: the client has read all that came before the ping. */
    public void ponged() {
        heard();
        long chars = pingedAt;
        if (chars >= 0) {
            pingedAt = -1;
            window.ack(chars);
            // Even if this was not enough: the operator may have more to ask about.
            operator.call(line);
        }
    }
}
