package dev.partyline.testing;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Records what Partyline logs while it is open. The threads that log are those under test: a record costs them the same, however many there are. */
public final class LogCapture extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("dev.partyline");
    private final Queue<LogRecord> records = new ConcurrentLinkedQueue<>();
    private final SimpleFormatter text = new SimpleFormatter();
    private final Level before = logger.getLevel();

    /** Records messages of every level. */
    public LogCapture() {
        this(Level.ALL);
        logger.setLevel(Level.ALL);
    }

    private LogCapture(Level least) {
        setLevel(least);
        logger.addHandler(this);
    }

    /** Records messages of this level or above. For a long test, where all messages would take too much memory. */
    public static LogCapture atLeast(Level least) {
        return new LogCapture(least);
    }

    /** Records messages of this level or above, and keeps them from the console. */
    public static LogCapture instead(Level least) {
        LogCapture capture = new LogCapture(least);
        capture.logger.setLevel(least);
        capture.logger.setUseParentHandlers(false);
        return capture;
    }

    /** The messages of this level or above, as they are written. */
    public List<String> messages(Level atLeast) {
        return records.stream().filter(record -> record.getLevel().intValue() >= atLeast.intValue()).map(text::formatMessage).toList();
    }

    @Override
    public void publish(LogRecord record) {
        if (isLoggable(record)) {
            records.add(record);
        }
    }

    @Override
    public void flush() {
        // Nothing is kept back.
    }

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setLevel(before);
        logger.setUseParentHandlers(true);
    }
}
