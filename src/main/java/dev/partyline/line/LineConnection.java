package dev.partyline.line;

/**
 * One socket while it carries a line: whose turn it is to send on it, what is under way, and the credit of its reader.
 *
 * <p>What is sent, and the window that counts it, belong to whoever has the {@link #permit}.
 */
public final class LineConnection implements Socket.SendCallback {

    /** A time that has not come. */
    static final long NEVER = Long.MIN_VALUE;

    /** From how many characters on a message goes as bytes to a client that reads them. Smaller ones gain little, and a text can be read in a browser's tools. */
    private static final int BINARY_CHARS = 512;

    final Socket socket;
    private final boolean binary;
    final SendWindow window;
    /** While a send is under way, it is that send's. */
    final SendPermit permit;
    private final EventLoop loop;
    private final Line line;

    /** Since when something is under way that nobody waits for. Any thread may read it. */
    private volatile long sendingSince = NEVER;
    /** Since when the window is full although there is something to send. Operator only. */
    long blockedSince = NEVER;
    /** When something was last sent. Any thread may read it. */
    private volatile long sentAt;
    /** When the client was last heard. Any thread. */
    private volatile long receivedAt;
    /** What {@link SendWindow#sent} was when a WebSocket ping last left, or −1 once its pong is back. Any thread. */
    private volatile long pingedAt = -1;
    private volatile boolean failed;

    LineConnection(Socket socket, boolean binary, SendWindow window, Line line, EventLoop loop, long now) {
        this.socket = socket;
        this.binary = binary;
        this.window = window;
        this.line = line;
        this.loop = loop;
        this.permit = new SendPermit(line, loop);
        this.sentAt = now;
        this.receivedAt = now;
    }

    /** Any thread: since when a send is under way that nobody waits for, or {@link #NEVER}. */
    long sendingSince() {
        return sendingSince;
    }

    boolean isSending() {
        return sendingSince != NEVER;
    }

    /** Any thread. */
    long sentAt() {
        return sentAt;
    }

    /** Any thread: whether a send has failed, so that the socket is of no more use. */
    boolean hasFailed() {
        return failed;
    }

    /** Whose turn it is: sends, and gives the turn back when that is done. */
    void send(EncodedMessage message, long now) {
        boolean sync = socket.canSendSync() && window.allowsSyncSend(message.length());
        window.send(message.length());
        sentAt = now;
        if (sync) {
            onSent(isBinary(message) ? socket.sendSync(message.utf8()) : socket.sendSync(message.text()));
            return;
        }
        sendingSince = now;
        if (isBinary(message)) {
            socket.send(message.utf8(), this);
        } else {
            socket.send(message.text(), this);
        }
    }

    private boolean isBinary(EncodedMessage message) {
        return binary && message.length() >= BINARY_CHARS;
    }

    /** Whose turn it is: asks by WebSocket ping how far a client has read that knows no acks, and gives the turn back when that is done. */
    void ping(long now) {
        sendingSince = now;
        sentAt = now;
        pingedAt = window.sent();
        loop.runBlocking(() -> {
            socket.ping();
            onSent(true);
        });
    }

    long receivedAt() {
        return receivedAt;
    }

    boolean isPinged() {
        return pingedAt >= 0;
    }

    @Override
    public void onSent(boolean delivered) {
        sendingSince = NEVER;
        if (!delivered) {
            failed = true;
            loop.signal(line);
        }
        permit.release();
    }

    /** Any thread: the client has said something. */
    public void onReceived() {
        receivedAt = loop.now();
    }

    /** Any thread: the client has heard so many characters. */
    public void onAcked(long chars) {
        if (window.ack(chars)) {
            loop.signal(line);
        }
    }

    /** Any thread: the client has read all that came before the ping. */
    public void onPong() {
        onReceived();
        long chars = pingedAt;
        if (chars >= 0) {
            pingedAt = -1;
            window.ack(chars);
            // Even if this was not enough: the operator may have more to ask about.
            loop.signal(line);
        }
    }
}
