package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** No version of a library comes in, not even by way of another library, without someone having looked it up. */
class DependenciesTest {

    @Test
    void everyLibraryIsOneThatWasLookedUp() throws IOException {
        List<String> lookedUp = Files.readAllLines(Path.of("src/test/resources/dependencies.txt")).stream().filter(line -> !line.startsWith("#")).toList();
        // Without what the build itself makes.
        Path project = Path.of("").toAbsolutePath();
        List<String> present = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of).filter(entry -> !entry.toAbsolutePath().startsWith(project))
            .map(entry -> entry.getFileName().toString()).filter(name -> name.endsWith(".jar")).toList();

        assertThat(present).hasSizeGreaterThan(50);
        assertThat(lookedUp).as("src/test/resources/dependencies.txt").containsExactlyInAnyOrderElementsOf(present);
    }
}
