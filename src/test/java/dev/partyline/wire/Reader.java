package dev.partyline.wire;

import java.util.ArrayList;
import java.util.List;

/** A listener that keeps what it hears, and reads with the limits that are in force when nothing is set. */
final class Reader implements FrameReader.Listener {

    static final JsonLimits LIMITS = new JsonLimits(32, 40, 1000);

    final List<Frame> frames = new ArrayList<>();
    final List<BadFrameException> faults = new ArrayList<>();
    int blank;

    static Reader of(String message) {
        Reader heard = new Reader();
        new FrameReader(LIMITS).read(message, heard);
        return heard;
    }

    /** The one frame of a message that is good. */
    static Frame frame(String message) {
        Reader heard = of(message);
        if (heard.frames.size() != 1 || !heard.faults.isEmpty()) {
            throw new AssertionError("heard " + heard.frames + " and " + heard.faults + " in " + message);
        }
        return heard.frames.get(0);
    }

    /** The one fault of a message that is bad. */
    static BadFrameException fault(String message) {
        Reader heard = of(message);
        if (heard.faults.size() != 1 || !heard.frames.isEmpty()) {
            throw new AssertionError("heard " + heard.frames + " and " + heard.faults + " in " + message);
        }
        return heard.faults.get(0);
    }

    @Override
    public void onFrame(Frame frame, int length) {
        frames.add(frame);
    }

    @Override
    public void onBadFrame(BadFrameException fault) {
        faults.add(fault);
    }

    @Override
    public void onBlankLines(int length) {
        blank += length;
    }
}
