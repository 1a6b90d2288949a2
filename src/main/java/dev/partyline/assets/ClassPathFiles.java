package dev.partyline.assets;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The browser half in a jar that containers serve nothing of: in the lib folder of an EAR, or, on some, where {@code web.xml} hides it. Its files are read from the class path then, and not listed,
 * which is up to each container: modules are found by their imports.
 */
final class ClassPathFiles {

    /** The files of the application are first, see Servlet 4.6. */
    private static final String RESOURCES = "META-INF/resources";
    static final String ROOT = "/partyline/";
    /** Neither a folder nor anything outside. */
    private static final Pattern FILE = Pattern.compile(ROOT + "(?:[a-z-]+/)*[a-z-]+(?:\\.[a-z]+)+");
    private static final Pattern IMPORT = Pattern.compile("(?:from|import\\()\\s*(['\"])(?<file>\\.[^'\"]+\\.js)\\1");

    private ClassPathFiles() {
    }

    /** Null if there is no such file. */
    static InputStream open(ServletContext context, String file) throws IOException {
        InputStream served = context.getResourceAsStream(file);
        return served != null || !FILE.matcher(file).matches() ? served : context.getClassLoader().getResourceAsStream(RESOURCES + file);
    }

    /** Whether the container serves a file itself. */
    static boolean isServed(ServletContext context, String file) throws IOException {
        return context.getResource(file) != null;
    }

    /** The paths of all modules in the folder that the entries import, in a fixed order; none if there are none. */
    static SortedSet<String> importedBy(ServletContext context, List<String> entries, String folder) throws IOException {
        SortedSet<String> modules = new TreeSet<>();
        Deque<String> left = new ArrayDeque<>(entries);
        while (!left.isEmpty()) {
            String file = left.remove();
            try (InputStream in = open(context, file)) {
                if (in == null) {
                    continue;
                }
                if (file.startsWith(folder)) {
                    modules.add(file);
                }
                Matcher imports = IMPORT.matcher(new String(in.readAllBytes(), StandardCharsets.UTF_8));
                while (imports.find()) {
                    String imported = URI.create(file).resolve(imports.group("file")).getPath();
                    if (imported.startsWith(folder) && !modules.contains(imported)) {
                        left.add(imported);
                    }
                }
            }
        }
        return modules;
    }
}
