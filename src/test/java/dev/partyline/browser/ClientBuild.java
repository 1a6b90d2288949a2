package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import dev.partyline.testing.PartylineServer;

/**
 * Another build of the browser half, served beside the one in the WAR at {@code /pages/NAME}: the same modules, which are not made into
 * one file, with other values of some constants. Where a case waits for one of our delays, a build with another delay shows the same in less time; the delays themselves
 * are tested under Node, with a clock that the test moves.
 *
 * @param name the name of its folder: one for each class, since classes run side by side
 */
record ClientBuild(String name) {

    private static final Path SOURCE = Path.of("src/main/webapp");

    /**
     * Makes it from the source.
     *
     * @param constants their new values, by the module's path below {@code partyline/} and the constant's name, with a space between
     */
    static ClientBuild of(String name, Map<String, String> constants) {
        try {
            Path build = Path.of(PartylineServer.class.getResource("/browser").toURI()).resolve(name);
            for (String entry : new String[] {"main.js", "worker.js", "partyline"}) {
                copy(entry, build);
            }
            for (Map.Entry<String, String> constant : constants.entrySet()) {
                String[] place = constant.getKey().split(" ");
                set(build.resolve("partyline").resolve(place[0]), place[1], constant.getValue());
            }
            return new ClientBuild(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Where a page of this build is.
     *
     * @param options what {@code connect} is given besides the line's address, as the inside of a JSON object
     */
    String address(String... options) {
        return LinePage.address("{" + String.join(",", Stream.concat(Stream.of("\"url\":\"/partyline/line\""), Stream.of(options)).toList()) + "}") + "&build=" + name;
    }

    private static void copy(String entry, Path build) throws IOException {
        try (Stream<Path> files = Files.walk(SOURCE.resolve(entry))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                Path copy = build.resolve(SOURCE.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.writeString(copy, Files.readString(file));
            }
        }
    }

    private static void set(Path module, String constant, String value) throws IOException {
        Matcher found = Pattern.compile("(?<=const " + constant + " = )[^;]+(?=;)").matcher(Files.readString(module));
        assertThat(found.results()).as("values of %s in %s", constant, module).hasSize(1);
        Files.writeString(module, found.replaceFirst(value));
    }
}
