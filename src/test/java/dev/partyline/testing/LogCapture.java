package dev.partyline.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** Hears what Partyline logs, of every level, while it is open. */
public final class LogCapture extends Handler implements AutoCloseable {

    private final Logger logger = Logger.getLogger("dev.partyline");
    private final List<LogRecord> records = new CopyOnWriteArrayList<>();
    private final SimpleFormatter text = new SimpleFormatter();
    private final Level before = logger.getLevel();

    public LogCapture() {
        this(Level.ALL);
    }

    private LogCapture(Level least) {
        logger.setLevel(least);
        logger.addHandler(this);
    }

    /** Hears what is of this level or above, and keeps it from the console. */
    public static LogCapture instead(Level least) {
        LogCapture capture = new LogCapture(least);
        capture.logger.setUseParentHandlers(false);
        return capture;
    }

    /** The messages of this level or above, as they are written. */
    public List<String> messages(Level atLeast) {
        return records.stream().filter(record -> record.getLevel().intValue() >= atLeast.intValue()).map(text::formatMessage).toList();
    }

    @Override
    public void publish(LogRecord record) {
        records.add(record);
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
