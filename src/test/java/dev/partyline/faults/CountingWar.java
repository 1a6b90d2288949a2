package dev.partyline.faults;

import dev.partyline.testing.PartylineServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Our WAR with {@link CountingApplication} in it, for the servers that are started while it is open. */
final class CountingWar implements AutoCloseable {

    private static final String PROPERTY = "war.file";
    private static final String STANDARD = "target/partyline.war";

    private final String before = System.getProperty(PROPERTY);
    private final Path war;

    CountingWar() {
        try {
            war = Files.createTempFile("counting-", ".war");
            try (ZipFile ours = new ZipFile(before == null ? STANDARD : before); ZipOutputStream made = new ZipOutputStream(Files.newOutputStream(war))) {
                for (ZipEntry entry : ours.stream().toList()) {
                    made.putNextEntry(new ZipEntry(entry.getName()));
                    try (InputStream in = ours.getInputStream(entry)) {
                        in.transferTo(made);
                    }
                }
                for (Path type : types()) {
                    made.putNextEntry(new ZipEntry("WEB-INF/classes/dev/partyline/faults/" + type.getFileName()));
                    Files.copy(type, made);
                }
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("no WAR could be made", e);
        }
        System.setProperty(PROPERTY, war.toString());
    }

    PartylineServer start(Map<String, String> settings) {
        return new PartylineServer(settings);
    }

    private static List<Path> types() throws IOException, URISyntaxException {
        String name = CountingApplication.class.getSimpleName();
        Path folder = Path.of(CountingApplication.class.getResource(name + ".class").toURI()).getParent();
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(name)).toList();
        }
    }


    @Override
    public void close() {
        if (before == null) {
            System.clearProperty(PROPERTY);
        } else {
            System.setProperty(PROPERTY, before);
        }
        try {
            Files.delete(war);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
