package dev.partyline.browser;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Playwright;

/**
 * Where the browsers come from, first found first taken: a path that was given, an installed one, Playwright's own
 * download, Debian's package. A browser that cannot be had fails the run and says what to do; nothing is ever skipped.
 */
final class Provision {

    private Provision() {
    }

    /** The programs that WebKitGTK is driven with. */
    record WebKit(Path driver, Path browser, Path xvfb) {
    }

    /** A Chromium on this machine; none where Playwright has its own. */
    static Optional<Path> chromium(Playwright playwright) {
        return browser("chromium", playwright.chromium(), List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
            List.of("chromium"));
    }

    /** A Firefox on this machine; none where Playwright has its own. */
    static Optional<Path> firefox(Playwright playwright) {
        return browser("firefox", playwright.firefox(), List.of("firefox-esr", "firefox"), List.of("firefox-esr"));
    }

    /** WebKitGTK on this machine; none where Playwright has its own WebKit. */
    static Optional<WebKit> webkit() {
        Optional<WebKit> installed = installedWebKit();
        if (installed.isPresent()) {
            return installed;
        }
        try (Playwright playwright = PlaywrightEngine.playwright()) {
            return fetched("webkit", playwright.webkit(), Provision::installedWebKit, List.of("webkit2gtk-driver", "xvfb"));
        }
    }

    private static Optional<Path> browser(String name, BrowserType type, List<String> programs, List<String> packages) {
        Optional<Path> installed = given(name).or(() -> onPath(programs));
        return installed.isPresent() ? installed : fetched(name, type, () -> onPath(programs), packages);
    }

    /** Brings a browser to this machine, one process at a time: each finds what another has brought meanwhile. */
    private static <T> Optional<T> fetched(String name, BrowserType type, Supplier<Optional<T>> installed, List<String> packages) {
        Path door = Path.of(System.getProperty("java.io.tmpdir"), "partyline-browsers.lock");
        try (FileChannel channel = FileChannel.open(door, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.lock();
            Optional<T> meanwhile = installed.get();
            if (meanwhile.isPresent()) {
                return meanwhile;
            }
            if (isDownloaded(type, name)) {
                return Optional.empty();
            }
            installPackages(packages);
            return Optional.of(installed.get().orElseThrow(() -> nowhere(name, String.join(" and ", packages))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Path> given(String name) {
        String path = System.getProperty(name + ".path", System.getenv(name.toUpperCase(Locale.ROOT) + "_PATH"));
        if (path != null && !Files.isExecutable(Path.of(path))) {
            throw new IllegalStateException(name + ".path is " + path + ", where no program is");
        }
        return Optional.ofNullable(path).map(Path::of);
    }

    private static Optional<Path> onPath(List<String> programs) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .flatMap(folder -> programs.stream().map(program -> Path.of(folder, program)))
            .filter(Files::isExecutable)
            .findFirst();
    }

    private static Optional<WebKit> installedWebKit() {
        Optional<Path> driver = onPath(List.of("WebKitWebDriver"));
        Optional<Path> xvfb = onPath(List.of("Xvfb"));
        Optional<Path> browser = miniBrowser();
        if (driver.isEmpty() || xvfb.isEmpty() || browser.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new WebKit(driver.get(), browser.get(), xvfb.get()));
    }

    /** MiniBrowser lies beside the library, in a folder named for the machine's architecture. */
    private static Optional<Path> miniBrowser() {
        Path libraries = Path.of("/usr/lib");
        if (!Files.isDirectory(libraries)) {
            return Optional.empty();
        }
        try (Stream<Path> folders = Files.list(libraries)) {
            return folders.map(folder -> folder.resolve("webkit2gtk-4.1/MiniBrowser")).filter(Files::isExecutable).findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether Playwright has a browser of its own, after a try to fetch it. */
    private static boolean isDownloaded(BrowserType type, String name) {
        if (Files.exists(Path.of(type.executablePath()))) {
            return true;
        }
        say("no " + name + " on this machine, asking Playwright for its own (some 150 MB)");
        return run(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp", System.getProperty("java.class.path"), "com.microsoft.playwright.CLI", "install", name))
            && Files.exists(Path.of(type.executablePath()));
    }

    private static void installPackages(List<String> packages) {
        if (Files.isExecutable(Path.of("/usr/bin/apt-get")) && "root".equals(System.getProperty("user.name"))) {
            say("installing the packages " + packages);
            run(List.of("sh", "-c", "export DEBIAN_FRONTEND=noninteractive; options='-qq -o DPkg::Lock::Timeout=300'; apt-get update $options; "
                + "apt-get install -y --no-install-recommends $options " + String.join(" ", packages)));
        }
    }

    private static boolean run(List<String> command) {
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
            builder.environment().putAll(PlaywrightEngine.nodeForPlaywright());
            Process process = builder.start();
            if (process.waitFor(10, TimeUnit.MINUTES)) {
                return process.exitValue() == 0;
            }
            process.destroyForcibly();
            return false;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static IllegalStateException nowhere(String name, String packages) {
        return new IllegalStateException("no " + name + " to test with: install it (Debian: " + packages + "), or let this machine reach the "
            + "internet so that Playwright fetches its own, or choose other engines with -Dbrowsers; -Dchromium.path and -Dfirefox.path "
            + "tell of browsers elsewhere");
    }

    private static void say(String text) {
        System.out.println("browser tests: " + text);
    }
}
