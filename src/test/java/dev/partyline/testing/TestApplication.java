package dev.partyline.testing;

import jakarta.json.JsonString;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Partyline's WAR as someone uses it who has an application: the demo switched off in its {@code web.xml}, and the classes of {@code dev.partyline.sample} packed in.
 *
 * <p>It runs in a {@link PartylineServer}. Its classes are loaded from the WAR, apart from those of the tests: what a handler knows is asked for on a line.
 */
public final class TestApplication implements AutoCloseable {

    private static final String WAR_FILE = "war.file";
    private static final Path WAR = pack();

    private final PartylineServer server;
    private Optional<PlainClient> witness = Optional.empty();
    private long asked;

    public TestApplication() {
        this(Map.of());
    }

    /** @param settings context parameters */
    public TestApplication(Map<String, String> settings) {
        server = server(settings);
    }

    /** A server that runs the application; not to be started again once it was stopped. */
    public static PartylineServer server(Map<String, String> settings) {
        return withItsWar(() -> new PartylineServer(settings));
    }

    /** What it runs in. To restart it, use {@link #stop} and {@link #start}. */
    public PartylineServer server() {
        return server;
    }

    public URI line() {
        return server.line();
    }

    public int port() {
        return server.port();
    }

    /** What the application heard of a line, in order. Asked on a line of its own, which is there from the first question on. */
    public List<String> diary(String line) {
        if (witness.isEmpty()) {
            witness = Optional.of(new PlainClient(line()));
            witness.get().hello("\"tabs\":[\"witness\"]");
        }
        witness.get().send("{\"type\":\"diary\",\"from\":\"witness\",\"id\":" + ++asked + ",\"value\":\"" + line + "\"}");
        return witness.get().reply(asked).getJsonArray("value").getValuesAs(JsonString::getString);
    }

    public void stop() {
        witness.ifPresent(PlainClient::close);
        witness = Optional.empty();
        asked = 0;
        server.stop();
    }

    /** Starts again after {@link #stop}. */
    public void start() {
        withItsWar(() -> {
            server.start();
            return server;
        });
    }

    @Override
    public void close() {
        witness.ifPresent(PlainClient::close);
        server.close();
    }

    private static <T> T withItsWar(Supplier<T> start) {
        String usual = System.getProperty(WAR_FILE);
        System.setProperty(WAR_FILE, WAR.toString());
        try {
            return start.get();
        } finally {
            if (usual == null) {
                System.clearProperty(WAR_FILE);
            } else {
                System.setProperty(WAR_FILE, usual);
            }
        }
    }

    private static Path pack() {
        Path usual = Path.of(System.getProperty(WAR_FILE, "target/partyline.war"));
        try (ZipFile war = new ZipFile(usual.toFile())) {
            Path packed = Files.createTempFile("partyline-sample-", ".war");
            packed.toFile().deleteOnExit();
            try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(packed))) {
                for (ZipEntry entry : Collections.list(war.entries())) {
                    byte[] content;
                    try (InputStream in = war.getInputStream(entry)) {
                        content = in.readAllBytes();
                    }
                    write(out, entry.getName(), entry.getName().equals("WEB-INF/web.xml") ? withoutDemo(content) : content);
                }
                for (Path type : sampleClasses()) {
                    write(out, "WEB-INF/classes/dev/partyline/sample/" + type.getFileName(), Files.readAllBytes(type));
                }
            }
            return packed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(ZipOutputStream out, String name, byte[] content) throws IOException {
        out.putNextEntry(new ZipEntry(name));
        out.write(content);
        out.closeEntry();
    }

    private static byte[] withoutDemo(byte[] webXml) {
        return WebXml.withoutDemo(new String(webXml, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8);
    }

    private static List<Path> sampleClasses() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(TestApplication.class.getResource("/dev/partyline/sample").toURI()))) {
            return files.toList();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
