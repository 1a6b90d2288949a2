package dev.partyline.browser;

import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

import dev.partyline.testing.PartylineServer;

/**
 * A wire tap between the browsers and the server. It knows how many WebSockets there are, and what goes over them,
 * without asking either half of the product; and it plays the network's tricks on them.
 *
 * <p>Browsers take {@link #port} for the server's. What is no WebSocket passes through unseen.
 */
final class RecordingProxy implements AutoCloseable {

    /** What becomes of the next WebSocket handshakes. */
    enum Handshakes {
        PASS,
        /** Answered with a web page, as the login page of a hotel's network answers everything. */
        CAPTIVE,
        /** Answered by nobody, ever. */
        SWALLOWED,
        /** Accepted, and closed at once by a server that finds the browser half too old. */
        OUTDATED
    }

    private static final byte[] LOGIN_PAGE = ("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\n"
        + "Connection: close\r\n\r\n<p>Please pay!\r\n").getBytes(StandardCharsets.US_ASCII);

    private static final byte[] GO_ON = "HTTP/1.1 204 No Content\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
        .getBytes(StandardCharsets.US_ASCII);

    private static final int OUTDATED_CODE = 4503;
    private static final Duration FOREVER = Duration.ofDays(1);

    private final int server;
    private final List<RecordedSocket> sockets = new CopyOnWriteArrayList<>();
    private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
    private final LongAdder plainBytesDown = new LongAdder();
    private volatile Handshakes handshakes = Handshakes.PASS;
    private volatile int attempts;
    private volatile Duration idleLimit = FOREVER;
    private ServerSocket listener;
    private final int port = PartylineServer.freePort();

    /** Listens in front of the server at this loopback port. */
    RecordingProxy(int server) {
        this.server = server;
        connect();
    }

    int port() {
        return port;
    }

    /** Every WebSocket since the last {@link #reset}, oldest first, closed ones too. */
    List<RecordedSocket> sockets() {
        return List.copyOf(sockets);
    }

    /** The WebSockets that are open now. */
    List<RecordedSocket> open() {
        return sockets.stream().filter(RecordedSocket::isOpen).toList();
    }

    /** How many WebSocket handshakes were tried since the last {@link #reset}, whatever came of them. */
    int attempts() {
        return attempts;
    }

    /** How many bytes came from the server since the last {@link #reset}, with all headers. */
    long bytesDown() {
        return plainBytesDown.sum() + sockets.stream().mapToLong(RecordedSocket::bytesDown).sum();
    }

    /** Starts to count anew, for the next test. */
    void reset() {
        sockets.clear();
        plainBytesDown.reset();
        attempts = 0;
        handshakes = Handshakes.PASS;
        idleLimit = FOREVER;
    }

    void handshakes(Handshakes fate) {
        handshakes = fate;
    }

    /** Cuts each WebSocket over which nothing passes for so long, as proxies do. */
    void cutIdle(Duration limit) {
        idleLimit = limit;
        background("tap-idle", () -> {
            while (idleLimit == limit) {
                sockets.stream().filter(RecordedSocket::isOpen).filter(socket -> socket.idle().compareTo(limit) > 0).forEach(RecordedSocket::cut);
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
            }
        });
    }

    /**
     * Hangs a page as an endless loop would, until that is closed which this returns: the page waits for an answer and does
     * nothing else. Returns when it does.
     */
    AutoCloseable hang(Tab page) {
        try {
            // A door of its own, since requests to the other may come over connections that are long open.
            ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
            page.eval("url => { setTimeout(() => { const request = new XMLHttpRequest(); request.open('GET', url, false); request.send(); }); }",
                "http://127.0.0.1:" + other.getLocalPort() + "/");
            Socket waiting = other.accept();
            other.close();
            return () -> {
                try (waiting) {
                    head(waiting.getInputStream());
                    waiting.getOutputStream().write(GO_ON);
                }
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The line goes dead: connections break, and new ones are refused until {@link #connect}. */
    void disconnect() {
        close();
    }

    /** Listens, if it does not: again on the same port. */
    void connect() {
        if (listener != null && !listener.isClosed()) {
            return;
        }
        // Another test may just be trying whether this port is free.
        await("the port to be ours again").ignoreExceptionsInstanceOf(BindException.class).until(() -> {
            listener = new ServerSocket();
            listener.setReuseAddress(true);
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1024);
            return true;
        });
        ServerSocket listening = listener;
        background("tap-door", () -> accept(listening));
    }

    @Override
    public void close() {
        hangUp(listener);
        connections.forEach(RecordingProxy::hangUp);
    }

    private void accept(ServerSocket listening) {
        try {
            while (true) {
                Socket browser = listening.accept();
                browser.setTcpNoDelay(true);
                connections.add(browser);
                background("tap", () -> serve(browser));
            }
        } catch (IOException closed) {
            // The door was shut, by us.
        }
    }

    private void serve(Socket browser) {
        try (browser) {
            byte[] head = head(browser.getInputStream());
            String text = new String(head, StandardCharsets.ISO_8859_1);
            boolean handshake = text.toLowerCase(Locale.ROOT).contains("\r\nupgrade: websocket");
            if (handshake && isTricked(browser)) {
                return;
            }
            try (Socket upstream = new Socket(InetAddress.getLoopbackAddress(), server)) {
                upstream.setTcpNoDelay(true);
                connections.add(upstream);
                upstream.getOutputStream().write(head);
                if (handshake) {
                    RecordedSocket socket = new RecordedSocket(browser, upstream, text);
                    if (handshakes == Handshakes.OUTDATED) {
                        socket.closeAtOnce(OUTDATED_CODE);
                    }
                    sockets.add(socket);
                    both(socket::pumpUp, socket::pumpDown);
                    socket.ended();
                } else {
                    both(() -> pump(browser, upstream, new LongAdder()), () -> pump(upstream, browser, plainBytesDown));
                }
                connections.remove(upstream);
            }
        } catch (IOException gone) {
            // A browser that hangs up, or a server that is not there.
        } finally {
            connections.remove(browser);
        }
    }

    private boolean isTricked(Socket browser) throws IOException {
        synchronized (this) {
            attempts++;
        }
        switch (handshakes) {
            case CAPTIVE:
                browser.getOutputStream().write(LOGIN_PAGE);
                return true;
            case SWALLOWED:
                browser.getInputStream().transferTo(OutputStream.nullOutputStream());
                return true;
            default:
                return false;
        }
    }

    /** Reads one HTTP head, byte by byte: it is short, and what follows belongs to somebody else. */
    static byte[] head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int newlines = 0;
        while (newlines < 2) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("ended within a head");
            }
            head.write(b);
            newlines = b == '\n' ? newlines + 1 : b == '\r' ? newlines : 0;
        }
        return head.toByteArray();
    }

    private static void both(Runnable up, Runnable down) {
        Thread other = background("tap-down", down);
        up.run();
        try {
            other.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Copies until one side ends, and ends the other. */
    private static void pump(Socket from, Socket to, LongAdder passed) {
        byte[] some = new byte[16 * 1024];
        try {
            for (int length = from.getInputStream().read(some); length >= 0; length = from.getInputStream().read(some)) {
                passed.add(length);
                to.getOutputStream().write(some, 0, length);
            }
        } catch (IOException gone) {
            // Told to the other side below.
        } finally {
            hangUp(from);
            hangUp(to);
        }
    }

    static void hangUp(AutoCloseable connection) {
        try {
            connection.close();
        } catch (Exception e) {
            // It is gone, which is what was asked.
        }
    }

    private static Thread background(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
