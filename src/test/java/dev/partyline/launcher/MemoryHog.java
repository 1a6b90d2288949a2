package dev.partyline.launcher;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** The launcher, and beside it a thread that takes all memory that is left, and what others free, from {@link #TAKE} on standard input until {@link #FREE}. */
final class MemoryHog implements Runnable {

    static final char TAKE = '+';
    static final char FREE = '-';
    static final String FULL = "The memory is full.";

    private static final int LARGEST = 1 << 20;
    /** Not much larger than the smallest object that somebody else may want. */
    private static final int SMALLEST = 16;
    private static final long PAUSE = Duration.ofMillis(1).toNanos();

    private volatile boolean taking;
    /** To say that the memory is full. */
    private byte[] reserve;

    private MemoryHog() {
    }

    public static void main(String[] args) throws Exception {
        MemoryHog hog = new MemoryHog();
        start(hog, "memory-hog");
        start(hog::listen, "memory-hog-input");
        Main.main(args);
    }

    private static void start(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    /** A byte at a time, which needs no memory. */
    private void listen() {
        try {
            for (int read = System.in.read(); read >= 0; read = System.in.read()) {
                if (read == TAKE || read == FREE) {
                    taking = read == TAKE;
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void run() {
        while (true) {
            if (taking) {
                reserve = new byte[LARGEST];
                take();
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

    private void take() {
        Object[] last = null;
        int size = LARGEST;
        while (taking) {
            try {
                last = new Object[] {last, new byte[size]};
            } catch (OutOfMemoryError e) {
                size = size > SMALLEST ? size / 2 : LARGEST;
                if (size == LARGEST) {
                    // Others free some meanwhile.
                    LockSupport.parkNanos(PAUSE);
                    tell();
                }
            }
        }
    }

    private void tell() {
        if (reserve != null) {
            reserve = null;
            System.out.println(FULL);
        }
    }
}
