package dev.partyline.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** A network between client and server that can be made to misbehave, one connection at a time. */
public final class FaultProxy implements AutoCloseable {

    /** What can happen to a connection. */
    public enum Fault {
        /** Both ends see a reset. */
        CUT,
        /** Nothing passes for a while, then everything. */
        STALL,
        /** Nothing passes ever again, and nobody is told. */
        HALF_OPEN,
        /** A few bytes at a time, for a while. */
        TRICKLE,
        /** Every piece comes late, for a while. */
        DELAY
    }

    private static final long STEP_NANOS = Duration.ofMillis(5).toNanos();
    private static final int TRICKLE_BYTES = 16;

    private final ServerSocket door;
    private final int target;
    private final List<Connection> connections = new CopyOnWriteArrayList<>();

    public FaultProxy(int target) {
        this.target = target;
        try {
            door = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start("proxy", this::accept);
    }

    /** The same address, by way of this proxy. */
    public URI uri(URI direct) {
        return URI.create(direct.getScheme() + "://127.0.0.1:" + door.getLocalPort() + direct.getPath());
    }

    /** Does something to one of the connections that are open; false if there is none. */
    public boolean strike(Fault fault, Random random) {
        List<Connection> open = connections.stream().filter(connection -> !connection.over).toList();
        if (open.isEmpty()) {
            return false;
        }
        open.get(random.nextInt(open.size())).strike(fault, Duration.ofMillis(50 + random.nextInt(400)));
        return true;
    }

    /** Lets everything pass again; what is half open is cut. */
    public void heal() {
        for (Connection connection : connections) {
            if (connection.fault == Fault.HALF_OPEN) {
                connection.cut();
            }
            connection.until = System.nanoTime();
        }
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        connections.forEach(Connection::cut);
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                Connection made = new Connection(door.accept(), new Socket(InetAddress.getLoopbackAddress(), target));
                connections.add(made);
                start("proxy-up", () -> made.pump(made.client, made.server));
                start("proxy-down", () -> made.pump(made.server, made.client));
            } catch (IOException e) {
                // Closed, or the server is down; the client will see it.
            }
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static final class Connection {

        private final Socket client;
        private final Socket server;
        private volatile Fault fault = Fault.DELAY;
        private volatile long until = System.nanoTime();
        private volatile boolean over;

        private Connection(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
        }

        private void strike(Fault what, Duration time) {
            if (what == Fault.CUT) {
                cut();
            } else if (fault != Fault.HALF_OPEN) {
                fault = what;
                until = System.nanoTime() + time.toNanos();
            }
        }

        private boolean isFaulty() {
            return fault == Fault.HALF_OPEN || until - System.nanoTime() > 0;
        }

        private void cut() {
            over = true;
            for (Socket socket : List.of(client, server)) {
                try {
                    socket.setSoLinger(true, 0);
                    socket.close();
                } catch (IOException e) {
                    // Closed already.
                }
            }
        }

        private void pump(Socket from, Socket to) {
            byte[] piece = new byte[8192];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                    pass(piece, read, out);
                }
            } catch (IOException e) {
                // The end of this connection, by whomever.
            }
            cut();
        }

        private void pass(byte[] piece, int length, OutputStream out) throws IOException {
            int sent = 0;
            while (sent < length && !over) {
                if (isFaulty()) {
                    LockSupport.parkNanos(STEP_NANOS);
                    if (fault == Fault.TRICKLE) {
                        int some = Math.min(TRICKLE_BYTES, length - sent);
                        out.write(piece, sent, some);
                        sent += some;
                    } else if (fault == Fault.DELAY) {
                        out.write(piece, sent, length - sent);
                        sent = length;
                    }
                } else {
                    out.write(piece, sent, length - sent);
                    sent = length;
                }
            }
        }
    }
}
