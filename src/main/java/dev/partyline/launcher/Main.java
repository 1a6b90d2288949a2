package dev.partyline.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;

/**
 * Makes the WAR executable: {@code java -jar partyline.war}.
 *
 * <p>The server's jars are in {@code WEB-INF/server}, which containers ignore, so the same file is an ordinary WAR. This class copies the jars to a temporary folder,
 * because the JDK cannot load jars from within a jar, and starts {@link Server} with them.
 */
public final class Main {

    private static final String SERVER_JARS = "WEB-INF/server/";
    private static final String LOG_FORMAT = "java.util.logging.SimpleFormatter.format";

    private Main() {
    }

    /**
     * @param args see {@link Options}; {@code --help} prints them
     */
    public static void main(String[] args) throws Exception {
        Options options;
        try {
            options = Options.parse(args, System.getenv());
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.err.println(Options.USAGE);
            System.exit(2);
            return;
        }
        if (options.help()) {
            System.out.println(Options.USAGE);
            return;
        }
        if (System.getProperty(LOG_FORMAT) == null) {
            System.setProperty(LOG_FORMAT, "%1$tF %1$tT %4$-7s %3$s: %5$s%6$s%n");
        }
        Path war = ownFile();
        Path home = Files.createTempDirectory("partyline");
        ClassLoader loader = serverLoader(war, home);
        Thread.currentThread().setContextClassLoader(loader);
        try {
            loader.loadClass("dev.partyline.launcher.Server")
                .getMethod("run", Path.class, Path.class, String.class, int.class, String.class)
                .invoke(null, war, home, options.host(), options.port(), options.context());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalStateException refusal) {
                System.err.println(refusal.getMessage());
                System.exit(1);
            }
            throw e;
        }
    }

    private static Path ownFile() throws URISyntaxException {
        return Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /** Not a child of the application class loader: the container must not see the root of the WAR on its class path. */
    private static URLClassLoader serverLoader(Path war, Path home) throws IOException {
        List<URL> urls = new ArrayList<>();
        urls.add(war.toUri().toURL());
        Path jars = Files.createDirectories(home.resolve("server"));
        try (JarFile jar = new JarFile(war.toFile())) {
            for (Enumeration<JarEntry> entries = jar.entries(); entries.hasMoreElements();) {
                JarEntry entry = entries.nextElement();
                if (!entry.isDirectory() && entry.getName().startsWith(SERVER_JARS)) {
                    Path copy = jars.resolve(Path.of(entry.getName()).getFileName().toString());
                    try (InputStream in = jar.getInputStream(entry)) {
                        Files.copy(in, copy);
                    }
                    urls.add(copy.toUri().toURL());
                }
            }
        }
        return new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
    }
}
