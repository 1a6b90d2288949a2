package dev.partyline.testing;

import dev.partyline.testing.FaultProxy.Fault;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/** One connection through a {@link FaultProxy}: a thread for each direction, and what is wrong with it now. */
final class FaultProxyConnection {

    private static final long STEP_NANOS = Duration.ofMillis(5).toNanos();
    private static final int PIECE_BYTES = 8192;
    private static final int TRICKLE_BYTES = 16;
    /** Of its length, how much later than the reset what is late arrives: about when the client comes back. */
    private static final int LATE_SHARE = 8;

    /** @param until when it is over, by {@link System#nanoTime} */
    private record Trouble(Fault fault, long until, Duration length) {

        private boolean isOver() {
            return fault != Fault.HALF_OPEN && System.nanoTime() - until >= 0;
        }
    }

    private final Socket client;
    private final Socket server;
    private final Consumer<FaultProxyConnection> ended;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile Trouble trouble = new Trouble(Fault.DELAY, System.nanoTime(), Duration.ZERO);

    FaultProxyConnection(Socket client, Socket server, Consumer<FaultProxyConnection> ended) throws IOException {
        this.client = client;
        this.server = server;
        this.ended = ended;
        client.setTcpNoDelay(true);
        server.setTcpNoDelay(true);
    }

    void strike(Fault fault, Duration length) {
        if (fault == Fault.CUT) {
            cut();
        } else if (trouble.fault() != Fault.HALF_OPEN && trouble.fault() != Fault.LATE) {
            trouble = new Trouble(fault, System.nanoTime() + length.toNanos(), length);
        }
    }

    void heal() {
        if (trouble.fault() == Fault.HALF_OPEN) {
            cut();
        } else if (trouble.fault() != Fault.LATE) {
            trouble = new Trouble(Fault.DELAY, System.nanoTime(), Duration.ZERO);
        }
    }

    void cut() {
        end(client, true);
        end(server, true);
    }

    private void end(Socket socket, boolean reset) {
        try {
            if (reset && !socket.isClosed()) {
                socket.setSoLinger(true, 0);
            }
            socket.close();
        } catch (IOException e) {
            // Closed already.
        }
        if (client.isClosed() && server.isClosed() && over.compareAndSet(false, true)) {
            ended.accept(this);
        }
    }

    void up() {
        try {
            pump(client, server);
        } catch (IOException e) {
            // Its end, by whomever.
        }
        end(client, false);
        if (trouble.fault() != Fault.HALF_OPEN) {
            end(server, false);
        }
    }

    void down() {
        try {
            pump(server, client);
        } catch (IOException e) {
            // Its end, by whomever.
        }
        if (trouble.fault() != Fault.HALF_OPEN) {
            end(client, false);
        }
        if (trouble.fault() != Fault.LATE) {
            end(server, false);
        }
    }

    private void pump(Socket from, Socket to) throws IOException {
        byte[] piece = new byte[PIECE_BYTES];
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
            if (trouble.fault() == Fault.LATE && from == client) {
                late(piece, read, in, out);
            } else {
                pass(piece, read, out);
            }
        }
    }

    private void pass(byte[] piece, int length, OutputStream out) throws IOException {
        int sent = 0;
        // What a half-open connection is given is swallowed, as by a middle box that has lost the other end.
        while (sent < length && !over.get() && trouble.fault() != Fault.HALF_OPEN) {
            boolean through = trouble.isOver();
            if (!through) {
                LockSupport.parkNanos(STEP_NANOS);
            }
            Fault fault = trouble.fault();
            int some = through || fault == Fault.DELAY ? length - sent : fault == Fault.TRICKLE ? Math.min(TRICKLE_BYTES, length - sent) : 0;
            out.write(piece, sent, some);
            sent += some;
        }
    }

    private void late(byte[] piece, int length, InputStream in, OutputStream out) throws IOException {
        ByteArrayOutputStream kept = new ByteArrayOutputStream();
        kept.write(piece, 0, length);
        while (!trouble.isOver() && !over.get()) {
            LockSupport.parkNanos(STEP_NANOS);
            kept.write(in.readNBytes(in.available()));
        }
        end(client, true);
        for (long waited = 0; waited < trouble.length().toNanos() / LATE_SHARE; waited += STEP_NANOS) {
            LockSupport.parkNanos(STEP_NANOS);
        }
        out.write(kept.toByteArray());
        for (long waited = 0; waited < trouble.length().toNanos(); waited += STEP_NANOS) {
            LockSupport.parkNanos(STEP_NANOS);
        }
        throw new IOException("the client has gone");
    }
}
