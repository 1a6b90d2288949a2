package dev.partyline.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The demo page by day and by night, on a phone, with a keyboard alone, and under a strict policy. */
class DemoLooksIT {

    private static final String NO_EMULATION = "WebDriver emulates neither screens nor colour schemes";
    private static final List<String> TEXTS = List.of("h1", "h2", ".lead", "#counts", "#tab-id", "#state", ".scope", "small", "p", "button", ".button",
        "#self-reply", "footer a", "#received code", "#received time");

    @RegisterExtension
    static final ServerExtension server = new ServerExtension(Map.of("partyline.demo.broadcast.after", "PT1S"));

    @OnEveryEngine
    @Except(engines = "firefox", why = "a stock Firefox is asked for no other colour scheme than the system's")
    @Except(engines = "webkit", why = NO_EMULATION)
    void textIsLegibleByDayAndByNight(Engine engine) {
        List<String> grounds = new ArrayList<>();
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            show(engine, new Browser.NewContextOptions().setColorScheme(scheme), page -> {
                await("something heard").until(() -> (Boolean) page.evaluate("() => !!document.querySelector('#received code')"));
                for (String selector : TEXTS) {
                    Number contrast = (Number) page.evaluate(CONTRAST, selector);
                    assertThat(contrast.doubleValue()).as("contrast of %s, %s", selector, scheme).isGreaterThanOrEqualTo(4.5);
                }
                grounds.add((String) page.evaluate("() => getComputedStyle(document.body).backgroundColor"));
            });
        }
        assertThat(grounds).doesNotHaveDuplicates();
    }

    @OnEveryEngine
    @Except(engines = "webkit", why = NO_EMULATION)
    void pageFitsAPhone(Engine engine) {
        show(engine, new Browser.NewContextOptions().setViewportSize(360, 740), page -> {
            page.fill("#chat-text", "x".repeat(400));
            page.click("#chat button");
            page.fill("#self-text", "y".repeat(200));
            page.click("#self button");
            await("long answers").until(() -> page.textContent("#chat-log").contains("xxx") && page.textContent("#self-reply").contains("Hello"));

            assertThat((List<?>) page.evaluate("() => [...document.querySelectorAll('body *')]"
                + ".filter(element => element.getBoundingClientRect().right > innerWidth + 0.5 && element.checkVisibility())"
                + ".map(element => element.outerHTML.slice(0, 80))")).as("sticks out").isEmpty();
            assertThat(page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")).isEqualTo(0);
        });
    }

    @OnEveryEngine
    @Except(engines = "webkit", why = NO_EMULATION)
    void keyboardAloneIsEnough(Engine engine) {
        show(engine, new Browser.NewContextOptions(), page -> {
            tabTo(page, "self-text");
            page.keyboard().press("Enter");
            await("the reply").until(() -> page.textContent("#self-reply").contains("Hello tab id"));

            tabTo(page, "serve");
            page.keyboard().press("Space");
            await("the ball").until(() -> page.textContent("#returned").equals("1"));
            await("focus to stay where it was").until(() -> focused(page).equals("serve"));

            tabTo(page, "notify");
            page.keyboard().press("Space");
            await("the notification").until(() -> page.title().equals("(1) Partyline"));

            tabTo(page, "chat-text");
            page.keyboard().type("typed");
            page.keyboard().press("Enter");
            await("the remark").until(() -> page.textContent("#chat-log").contains("typed"));
        });
    }

    @OnEveryEngine
    @Except(engines = "webkit", why = "WebDriver runs no script before the page's own, and does not tell what is asked of whom")
    void strictPolicyIsNoHindrance(Engine engine) {
        try (PlaywrightEngine.PlaywrightSession session = ((PlaywrightEngine) engine).session(new Browser.NewContextOptions())) {
            session.context().addInitScript("window.violations = []; "
                + "addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective + ' ' + event.blockedURI));");
            List<String> elsewhere = new ArrayList<>();
            session.context().onRequest(request -> {
                if (!request.url().startsWith(server.url("/"))) {
                    elsewhere.add(request.url());
                }
            });

            // By the server: Firefox, once somebody has intercepted a request of it, caches nothing in any session any more.
            String policy = "default-src 'self'";
            PlaywrightEngine.PlaywrightTab tab = (PlaywrightEngine.PlaywrightTab) DemoPageIT.open(session, server.url("/partyline/?csp=" + ServerExtension.encoded(policy)));
            // The server adds a policy of its own; both are in force.
            assertThat(tab.text("async () => (await fetch(location)).headers.get('content-security-policy')")).startsWith(policy);
            tab.click("#self button");

            await("the reply").until(() -> tab.page().textContent("#self-reply").contains("Hello tab id"));
            assertThat((List<?>) tab.eval("() => violations")).isEmpty();
            assertThat(elsewhere).as("asked of other servers").isEmpty();
        }
    }

    private static void show(Engine engine, Browser.NewContextOptions options, Consumer<Page> test) {
        try (PlaywrightEngine.PlaywrightSession session = ((PlaywrightEngine) engine).session(options)) {
            test.accept(((PlaywrightEngine.PlaywrightTab) DemoPageIT.open(session, server)).page());
        }
    }

    /** Presses Tab until the element has the focus, which must be there to see. */
    private static void tabTo(Page page, String id) {
        for (int i = 0; i < 40 && !focused(page).equals(id); i++) {
            page.keyboard().press("Tab");
            assertThat(page.evaluate("() => { const style = getComputedStyle(document.activeElement);"
                + " return document.activeElement === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none'; }"))
                .as("the focus on %s can be seen", focused(page)).isEqualTo(true);
        }
        assertThat(focused(page)).isEqualTo(id);
    }

    private static String focused(Page page) {
        return (String) page.evaluate("() => document.activeElement.id");
    }

    /** The WCAG contrast between a text and whatever is painted behind it, the lowest of all elements that match. */
    private static final String CONTRAST = """
        selector => {
          const parse = (color) => {
            const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data];
          };
          const luminance = ([r, g, b]) => {
            const [x, y, z] = [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * x + 0.7152 * y + 0.0722 * z;
          };
          const behind = (element) => {
            for (let e = element; e; e = e.parentElement) {
              const color = parse(getComputedStyle(e).backgroundColor);
              if (color[3] === 255) return color;
            }
            return parse('Canvas');
          };
          const contrasts = [...document.querySelectorAll(selector)]
            .filter((element) => element.checkVisibility() && element.textContent.trim())
            .map((element) => {
              const [light, dark] = [luminance(parse(getComputedStyle(element).color)), luminance(behind(element))].sort((a, b) => b - a);
              return (light + 0.05) / (dark + 0.05);
            });
          return Math.min(...contrasts);
        }""";
}
