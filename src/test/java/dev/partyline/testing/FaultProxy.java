package dev.partyline.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/** A network between clients and a server on this machine that can be made to misbehave, one connection at a time. */
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
        DELAY,
        /** The client sees a reset; what it had said reaches the server when the client may long be back. */
        LATE
    }

    private static final int WAITING = 1000;

    private final ServerSocket door;
    private final int target;
    private final List<FaultProxyConnection> connections = new CopyOnWriteArrayList<>();

    public FaultProxy(int target) {
        this.target = target;
        try {
            door = new ServerSocket(0, WAITING, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start("proxy", this::accept);
    }

    /** The same address, by way of this proxy. */
    public URI uri(URI direct) {
        return URI.create(direct.getScheme() + "://127.0.0.1:" + door.getLocalPort() + direct.getPath());
    }

    /** How many connections are open. */
    public int count() {
        return connections.size();
    }

    /** Does something to one of the connections; false if there is none. */
    public boolean strike(Fault fault, Random random) {
        List<FaultProxyConnection> open = List.copyOf(connections);
        if (!open.isEmpty()) {
            open.get(random.nextInt(open.size())).strike(fault, Duration.ofMillis(50 + random.nextInt(400)));
        }
        return !open.isEmpty();
    }

    /** Cuts all connections that there are; how many. */
    public int cutAll() {
        List<FaultProxyConnection> open = List.copyOf(connections);
        open.forEach(FaultProxyConnection::cut);
        return open.size();
    }

    /** Lets everything pass again; what is half open is cut. */
    public void heal() {
        connections.forEach(FaultProxyConnection::heal);
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cutAll();
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                connect(door.accept());
            } catch (IOException e) {
                // Closed.
            }
        }
    }

    private void connect(Socket client) throws IOException {
        try {
            FaultProxyConnection made = new FaultProxyConnection(client, new Socket(InetAddress.getLoopbackAddress(), target), connections::remove);
            connections.add(made);
            start("proxy-up", made::up);
            start("proxy-down", made::down);
        } catch (IOException serverIsDown) {
            client.close();
        }
    }

    private static void start(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }
}
