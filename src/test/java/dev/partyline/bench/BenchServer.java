package dev.partyline.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A server that is measured: how it is started, and how one talks to it. */
enum BenchServer {

    PARTYLINE("Partyline", "/partyline/line", PartylineProtocol::new, true),
    NAIVE("naive endpoint", "/partyline/line", PlainProtocol::new, false),
    WS("ws", "/", PlainProtocol::new, false),
    SOCKET_IO("socket.io", "/socket.io/?EIO=4&transport=websocket", SocketIoProtocol::new, false);

    /** The launcher makes Tomcat's buffers small, which suits us; whoever has them as they are stores and sends a message whole. */
    private static final String STOCK_BUFFERS = "-Dorg.apache.tomcat.websocket.DEFAULT_BUFFER_SIZE=8192";
    private static final List<String> NODE_FILES = List.of("package.json", "ws.mjs", "socketio.mjs");
    /** One address stands for a thousand browsers, which each keep within the limits that are switched off here. */
    private static final List<String> OURS = Stream.of("demo=false", "rate=100000000", "rate.burst=100000000", "lines.per.address=1000000",
            "lines.per.address.rate=1000000", "sockets.per.address=1000000")
        .map(setting -> "-Dpartyline." + setting).toList();

    final String title;
    final String path;
    final Function<Client, BenchProtocol> protocol;
    /** Whether all tabs of a browser share one connection. */
    final boolean shares;

    BenchServer(String title, String path, Function<Client, BenchProtocol> protocol, boolean shares) {
        this.title = title;
        this.path = path;
        this.protocol = protocol;
        this.shares = shares;
    }

    static BenchServer named(String name) {
        return Stream.of(values()).filter(each -> each.key().equals(name)).findFirst().orElseThrow(() -> new IllegalArgumentException(
            "no contestant \"" + name + "\", there are " + Stream.of(values()).map(BenchServer::key).collect(Collectors.joining(", "))));
    }

    /** The name on the command line and in the results. */
    String key() {
        return name().toLowerCase().replace('_', '-');
    }

    boolean isJvm() {
        return this == PARTYLINE || this == NAIVE;
    }

    /** Why this one cannot take part here, if so. Makes ready what it needs. */
    Optional<String> prepare(Path folder) throws IOException, InterruptedException {
        switch (this) {
            case PARTYLINE -> BenchWar.ours(folder);
            case NAIVE -> BenchWar.naive(folder);
            default -> {
                return prepareNode(folder.resolve("node"));
            }
        }
        return Optional.empty();
    }

    List<String> command(Path folder, int port, List<String> javaFlags) {
        List<String> command = new ArrayList<>();
        if (isJvm()) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(javaFlags);
            command.addAll(this == PARTYLINE ? OURS : List.of(STOCK_BUFFERS));
            command.addAll(List.of("-jar", folder.resolve(this == PARTYLINE ? "partyline.war" : "naive.war").toString(), "--host", "127.0.0.1", "--port", "" + port));
        } else {
            command.addAll(List.of("node", folder.resolve("node").resolve(this == WS ? "ws.mjs" : "socketio.mjs").toString(), "" + port));
        }
        return command;
    }

    private static Optional<String> prepareNode(Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        for (String name : NODE_FILES) {
            try (var in = BenchServer.class.getResourceAsStream("/bench/" + name)) {
                Files.write(folder.resolve(name), in.readAllBytes());
            }
        }
        if (!Shell.runs(folder, "node", "--version")) {
            return Optional.of("there is no Node here");
        }
        if (Files.isDirectory(folder.resolve("node_modules/socket.io")) || Shell.runs(folder, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")) {
            return Optional.empty();
        }
        return Optional.of("npm install failed");
    }
}
