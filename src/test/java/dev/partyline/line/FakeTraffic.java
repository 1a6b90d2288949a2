package dev.partyline.line;

/** Statistics of a container that the test changes. */
final class FakeTraffic implements Socket.Traffic {

    private static final int CHARS_OF_A_FRAME = 512;

    long bytesSent;
    long framesSent;
    long framesReceived;

    /** A pong of the largest size for each of so many pings. */
    void answerPings(int count) {
        framesReceived += count;
        framesSent += count;
        bytesSent += 125L * count;
    }

    @Override
    public long bytesSent() {
        return bytesSent;
    }

    @Override
    public long framesSent() {
        return framesSent;
    }

    @Override
    public long framesReceived() {
        return framesReceived;
    }

    @Override
    public int framesOfText(int chars) {
        return chars / CHARS_OF_A_FRAME + 1;
    }
}
