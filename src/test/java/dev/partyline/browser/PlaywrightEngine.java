package dev.partyline.browser;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.PlaywrightException;
import dev.partyline.testing.Node;

/** Chromium, Firefox, or Playwright's own WebKit build. Only the thread that opened it may use it. */
final class PlaywrightEngine implements Engine {

    /** A host name that leads to this machine and is no secure context, as an intranet server's would. */
    static final String PLAIN_HOST = "plain.test";

    private static final List<String> CHROMIUM_FLAGS = List.of("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP " + PLAIN_HOST + " 127.0.0.1",
        // The test's own certificate, see DeployIT. What Playwright can set for a session does not reach its shared workers.
        "--ignore-certificate-errors");

    private final String name;
    private final Playwright playwright;
    private final Browser browser;

    private PlaywrightEngine(String name, Playwright playwright, Browser browser) {
        this.name = name;
        this.playwright = playwright;
        this.browser = browser;
    }

    static PlaywrightEngine chromium() {
        Playwright playwright = playwright();
        BrowserType.LaunchOptions options = new BrowserType.LaunchOptions().setArgs(CHROMIUM_FLAGS)
            // Playwright switches it off, and it is where pages go on "back".
            .setIgnoreDefaultArgs(List.of("--disable-back-forward-cache"));
        Provision.chromium(playwright).ifPresent(options::setExecutablePath);
        return new PlaywrightEngine("chromium", playwright, playwright.chromium().launch(options));
    }

    static PlaywrightEngine firefox() {
        Playwright playwright = playwright();
        BrowserType.LaunchOptions options = new BrowserType.LaunchOptions()
            .setFirefoxUserPrefs(Map.of("network.dns.localDomains", PLAIN_HOST,
                // A process that waits for the next page costs as much as one that a page needs.
                "dom.ipc.processPrelaunch.enabled", false));
        Provision.firefox(playwright).ifPresent(path -> options.setChannel("moz-firefox").setExecutablePath(path));
        return new PlaywrightEngine("firefox", playwright, playwright.firefox().launch(options));
    }

    static PlaywrightEngine webkit() {
        Playwright playwright = playwright();
        return new PlaywrightEngine("webkit", playwright, playwright.webkit().launch());
    }

    /** Playwright itself, which must not fetch hundreds of megabytes of browsers unasked: {@link Provision} chooses. */
    static Playwright playwright() {
        Map<String, String> environment = new HashMap<>(System.getenv());
        environment.put("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        environment.putAll(nodeForPlaywright());
        return Playwright.create(new Playwright.CreateOptions().setEnv(environment));
    }

    /** The variable that has Playwright's driver run by the machine's own Node; none where Playwright's is on the class path. */
    static Map<String, String> nodeForPlaywright() {
        return Node.onPath().map(node -> Map.of("PLAYWRIGHT_NODEJS_PATH", node.toString())).orElse(Map.of());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String version() {
        return browser.version();
    }

    @Override
    public boolean isAlive() {
        return browser.isConnected();
    }

    @Override
    public Session session() {
        return session(new Browser.NewContextOptions().setIgnoreHTTPSErrors(true));
    }

    /** A window of a Chromium of its own, whose tabs are really hidden when another is in front. */
    ChromiumWindow window() {
        return new ChromiumWindow(Provision.chromium(playwright).orElseGet(() -> Path.of(playwright.chromium().executablePath())), CHROMIUM_FLAGS);
    }

    PlaywrightSession session(Browser.NewContextOptions options) {
        return new PlaywrightSession(browser.newContext(options));
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }

    @Override
    public String toString() {
        return name;
    }

    static final class PlaywrightSession implements Session {
        private final BrowserContext context;

        PlaywrightSession(BrowserContext context) {
            this.context = context;
        }

        @Override
        public PlaywrightTab open(String url) {
            PlaywrightTab tab = new PlaywrightTab(context.newPage());
            tab.go(url);
            return tab;
        }

        @Override
        public void offline(boolean offline) {
            context.setOffline(offline);
        }

        BrowserContext context() {
            return context;
        }

        @Override
        public void close() {
            context.close();
        }
    }

    static final class PlaywrightTab implements Tab {
        /** Playwright would wait for ever. */
        private static final String IMPATIENCE = "new Promise((_, reject) => setTimeout(() => reject(new Error('no answer within 60 s')), 60_000))";

        private final Page page;

        PlaywrightTab(Page page) {
            this.page = page;
        }

        Page page() {
            return page;
        }

        @Override
        public Object eval(String function, Object... arguments) {
            return page.evaluate("args => Promise.race([(" + function + ")(...args), " + IMPATIENCE + "])", Arrays.asList(arguments));
        }

        @Override
        public void click(String selector) {
            page.click(selector);
        }

        @Override
        public void go(String url) {
            page.navigate(url);
        }

        @Override
        public void reload() {
            page.reload();
        }

        @Override
        public void close() {
            page.close();
        }

        /** Sets out for another address, is asked whether it will leave, and says no. */
        void leaveAndThinkBetter(String url) {
            AtomicBoolean asked = new AtomicBoolean();
            page.onceDialog(dialog -> {
                asked.set(dialog.type().equals("beforeunload"));
                dialog.dismiss();
            });
            // No page that nobody has touched may ask.
            page.click("body");
            page.evaluate("url => { addEventListener('beforeunload', event => event.preventDefault()); setTimeout(() => location.assign(url)); }", url);
            page.waitForCondition(asked::get);
        }

        /** Kills the renderer process of the page, and with it the shared workers that this tab was the first to ask for. */
        void crash() {
            try {
                page.navigate("chrome://crash");
            } catch (PlaywrightException crashed) {
                // As it should.
            }
        }
    }
}
