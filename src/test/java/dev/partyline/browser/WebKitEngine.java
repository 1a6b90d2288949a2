package dev.partyline.browser;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.MalformedURLException;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import dev.partyline.testing.PartylineServer;
import org.awaitility.Awaitility;
import org.openqa.selenium.By;
import org.openqa.selenium.ImmutableCapabilities;
import org.openqa.selenium.SessionNotCreatedException;
import org.openqa.selenium.WindowType;
import org.openqa.selenium.remote.RemoteWebDriver;

/**
 * WebKitGTK's MiniBrowser, driven over WebDriver on a screen that nobody sees. Playwright drives only a WebKit of its own.
 *
 * <p>A driver process serves one session, so each {@link Session} has a process of its own.
 */
final class WebKitEngine implements Engine {

    private static final int STARTS = 3;

    private final Provision.WebKit installed;
    private final List<Process> processes = new ArrayList<>();
    private final String display;

    WebKitEngine(Provision.WebKit installed) {
        this.installed = installed;
        display = System.getenv().getOrDefault("DISPLAY", "").isEmpty() ? virtualScreen() : System.getenv("DISPLAY");
    }

    @Override
    public String name() {
        return "webkit";
    }

    @Override
    public String version() {
        try {
            ProcessBuilder command = new ProcessBuilder(installed.browser().toString(), "--version").redirectError(ProcessBuilder.Redirect.DISCARD);
            command.environment().put("DISPLAY", display);
            Process process = command.start();
            try (BufferedReader said = process.inputReader()) {
                return said.lines().reduce("", (before, line) -> line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Now and then MiniBrowser never tells its driver that it has started, so another one gets its chance. No page was asked for by then. */
    @Override
    public Session session() {
        for (int left = STARTS; ; left--) {
            int port = PartylineServer.freePort();
            Process process = start(new ProcessBuilder(installed.driver().toString(), "--port=" + port));
            Awaitility.await("WebKitWebDriver to listen").failFast("WebKitWebDriver ended", () -> !process.isAlive()).until(() -> listens(port));
            try {
                return new WebDriverSession(driver(port), process);
            } catch (SessionNotCreatedException e) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                if (left == 1) {
                    throw e;
                }
                System.out.println("browser tests: MiniBrowser did not start, trying again: " + e.getRawMessage());
            }
        }
    }

    private RemoteWebDriver driver(int port) {
        try {
            return new RemoteWebDriver(URI.create("http://127.0.0.1:" + port).toURL(),
                new ImmutableCapabilities("browserName", "MiniBrowser", "acceptInsecureCerts", true, "webkitgtk:browserOptions",
                    Map.of("binary", installed.browser().toString(), "args", List.of("--automation"))), false);
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        processes.forEach(Process::destroy);
    }

    @Override
    public String toString() {
        return name();
    }

    /** Starts Xvfb, which picks a free display itself and says which. */
    private String virtualScreen() {
        try {
            Process xvfb = new ProcessBuilder(installed.xvfb().toString(), "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp")
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            processes.add(xvfb);
            return ":" + xvfb.inputReader().readLine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Process start(ProcessBuilder command) {
        command.environment().put("DISPLAY", display);
        // Without a graphics card WebKit emulates one, which costs more than the pages.
        command.environment().put("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
        command.environment().put("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
        command.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        try {
            Process process = command.start();
            processes.add(process);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean listens(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static final class WebDriverSession implements Session {
        private final RemoteWebDriver driver;
        private final Process process;
        /** A session ends with its last window, so one blank window stays. */
        private final String blank;

        WebDriverSession(RemoteWebDriver driver, Process process) {
            this.driver = driver;
            this.process = process;
            this.blank = driver.getWindowHandle();
        }

        @Override
        public Tab open(String url) {
            driver.switchTo().window(blank);
            // Windows and not tabs: a tab in the background is hidden.
            driver.switchTo().newWindow(WindowType.WINDOW);
            driver.get(url);
            return new WebDriverTab(driver, driver.getWindowHandle(), blank);
        }

        @Override
        public void close() {
            try {
                driver.quit();
            } finally {
                process.destroy();
            }
        }
    }

    private record WebDriverTab(RemoteWebDriver driver, String window, String blank) implements Tab {

        @Override
        public Object eval(String function, Object... arguments) {
            return asPlaywrightSays(here().executeScript("return (" + function + ")(...arguments)", arguments));
        }

        /** WebDriver's whole numbers are longs, Playwright's are ints. */
        private static Object asPlaywrightSays(Object value) {
            if (value instanceof Long number && number.intValue() == number) {
                return number.intValue();
            }
            if (value instanceof List<?> list) {
                return list.stream().map(WebDriverTab::asPlaywrightSays).toList();
            }
            if (value instanceof Map<?, ?> map) {
                Map<Object, Object> said = new LinkedHashMap<>();
                map.forEach((key, member) -> said.put(key, asPlaywrightSays(member)));
                return said;
            }
            return value;
        }

        @Override
        public void click(String selector) {
            here().findElement(By.cssSelector(selector)).click();
        }

        @Override
        public void go(String url) {
            here().get(url);
        }

        @Override
        public void reload() {
            here().navigate().refresh();
        }

        @Override
        public void close() {
            here().close();
            driver.switchTo().window(blank);
        }

        private RemoteWebDriver here() {
            driver.switchTo().window(window);
            return driver;
        }
    }
}
