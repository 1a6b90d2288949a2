package dev.partyline.browser;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.ToNumberPolicy;

/**
 * Chromium as a person has it: one window, of whose tabs one is seen and the others are hidden, and may be frozen or
 * discarded. Playwright keeps every page visible, so this is spoken to in the DevTools protocol, with nothing between.
 */
final class ChromiumWindow implements Session {

    /** Lets {@code chrome://discards} be opened, which is an internal page. */
    private static final String INTERNAL_PAGES = "{\"internal_only_uis_enabled\": true}";
    private static final Gson GSON = new GsonBuilder().serializeNulls().setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE).create();

    private final Process process;
    private final Path profile;
    private final String address;
    private final DevTools browser;

    ChromiumWindow(Path program, List<String> flags) {
        try {
            profile = Files.createTempDirectory("partyline-window-");
            Files.writeString(profile.resolve("Local State"), INTERNAL_PAGES);
            List<String> command = new ArrayList<>(List.of(program.toString(), "--headless=new", "--lang=en-US", "--remote-debugging-port=0",
                "--user-data-dir=" + profile));
            command.addAll(flags);
            command.add("about:blank");
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            Path port = profile.resolve("DevToolsActivePort");
            await("the browser to listen").until(() -> Files.exists(port) && Files.readAllLines(port).size() == 2);
            List<String> lines = Files.readAllLines(port);
            address = "ws://127.0.0.1:" + lines.get(0);
            browser = new DevTools(address + lines.get(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens a tab in front of the others. */
    @Override
    public WindowTab open(String url) {
        WindowTab tab = new WindowTab(browser.ask("Target.createTarget", Map.of("url", url)).get("targetId").getAsString());
        await(url + " to be loaded").until(() -> tab.is("url => location.href === url && document.readyState === 'complete'", url));
        return tab;
    }

    /** A look into the one shared worker that runs here. */
    WorkerHeap workerHeap() {
        String worker = targets("shared_worker").map(ChromiumWindow::id).reduce((one, other) -> {
            throw new IllegalStateException("there are several shared workers");
        }).orElseThrow();
        return new WorkerHeap(new DevTools(address + "/devtools/page/" + worker));
    }

    @Override
    public void close() {
        browser.close();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().onExit().join();
        await("the profile to be gone").ignoreExceptions().until(() -> {
            try (Stream<Path> files = Files.walk(profile)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
            return Files.notExists(profile);
        });
    }

    private List<String> pagesAt(String url) {
        return targets("page").filter(target -> target.get("url").getAsString().equals(url)).map(ChromiumWindow::id).toList();
    }

    private Stream<JsonObject> targets(String type) {
        return browser.ask("Target.getTargets", Map.of()).getAsJsonArray("targetInfos").asList().stream().map(JsonElement::getAsJsonObject)
            .filter(target -> target.get("type").getAsString().equals(type));
    }

    private static String id(JsonObject target) {
        return target.get("targetId").getAsString();
    }

    /** One tab of the window. */
    final class WindowTab implements Tab {
        private String target;
        private DevTools page;

        private WindowTab(String target) {
            attach(target);
        }

        private void attach(String id) {
            target = id;
            page = new DevTools(address + "/devtools/page/" + id);
        }

        /** Brings it to the front; the one that was there is hidden. A discarded tab loads anew. */
        void show() {
            browser.ask("Target.activateTarget", Map.of("targetId", target));
        }

        /** Stops everything in the page, as browsers do with tabs that were hidden for minutes. It has to be hidden. */
        void freeze() {
            page.ask("Page.setWebLifecycleState", Map.of("state", "frozen"));
        }

        void thaw() {
            page.ask("Page.setWebLifecycleState", Map.of("state", "active"));
        }

        /** Throws the page away as browsers do that need memory, without a word to it; the tab stays. It has to be hidden. */
        void discard() {
            // Its address is how the browser's own page tells it from others.
            String url = text("id => { history.replaceState(null, '', '#' + id); return location.href; }", target);
            // A tab that is being debugged is spared.
            page.close();
            WindowTab discards = ChromiumWindow.this.open("chrome://discards/");
            await("the tab to be discarded").until(() -> {
                discards.eval(CLICK_DISCARD, url);
                return pagesAt(url).stream().anyMatch(id -> !id.equals(target));
            });
            attach(pagesAt(url).stream().filter(id -> !id.equals(target)).findFirst().orElseThrow());
            discards.close();
        }

        @Override
        public Object eval(String function, Object... arguments) {
            String values = Stream.of(arguments).map(GSON::toJson).collect(Collectors.joining(","));
            JsonObject told = page.ask("Runtime.evaluate", Map.of("expression", "(" + function + ")(" + values + ")", "awaitPromise", true, "returnByValue", true));
            if (told.has("exceptionDetails")) {
                throw new IllegalStateException(told.getAsJsonObject("exceptionDetails").toString());
            }
            return plain(GSON.fromJson(told.getAsJsonObject("result").get("value"), Object.class));
        }

        @Override
        public void click(String selector) {
            eval("selector => { document.querySelector(selector).click(); }", selector);
        }

        @Override
        public void go(String url) {
            page.ask("Page.navigate", Map.of("url", url));
        }

        @Override
        public void reload() {
            page.ask("Page.reload", Map.of());
        }

        @Override
        public void close() {
            page.close();
            browser.ask("Target.closeTarget", Map.of("targetId", target));
        }
    }

    /** Numbers as the other engines give them. */
    private static Object plain(Object value) {
        if (value instanceof Long number && number == number.intValue()) {
            return number.intValue();
        }
        if (value instanceof List<?> list) {
            return list.stream().map(ChromiumWindow::plain).collect(Collectors.toCollection(ArrayList::new));
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> plain = new LinkedHashMap<>();
            map.forEach((name, each) -> plain.put((String) name, plain(each)));
            return plain;
        }
        return value;
    }

    private static final String CLICK_DISCARD = """
        url => {
          const rows = [];
          const look = (root) => {
            for (const element of root.querySelectorAll('*')) {
              if (element.shadowRoot) look(element.shadowRoot);
              if (element.localName === 'tr' && element.querySelector('.tab-url-cell')?.textContent.trim() === url) rows.push(element);
            }
          };
          look(document);
          for (const link of rows[0]?.querySelectorAll('*') ?? []) {
            if (link.childElementCount === 0 && link.textContent.includes('Urgent Discard')) link.click();
          }
        }
        """;
}
