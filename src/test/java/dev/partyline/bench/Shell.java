package dev.partyline.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** Short commands whose answer is wanted. */
final class Shell {

    private Shell() {
    }

    /** Whether the command is there and succeeds. */
    static boolean runs(Path folder, String... command) throws InterruptedException {
        return output(folder, command).isPresent();
    }

    /** What the command prints; nothing where it is not there or fails. */
    static Optional<String> output(Path folder, String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.of(output.strip()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
