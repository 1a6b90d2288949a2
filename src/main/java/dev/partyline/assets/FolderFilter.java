package dev.partyline.assets;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Answers requests for folders: 404, unless a folder has an {@code index.html}.
 *
 * <p>Containers redirect {@code /api} to {@code /api/}, where nothing is but on some a listing of the files. The redirect repeats the query: with a long one, the head of the response
 * is longer than Tomcat can send, and the response becomes a 500. So the redirect to a folder with an {@code index.html} is made here, too, without a long query.
 */
public class FolderFilter implements Filter {

    private static final String INDEX = "index.html";
    /** The folders that containers hide themselves. */
    private static final Set<String> INSIDE = Set.of("/WEB-INF/", "/META-INF/");
    private static final int LONGEST_QUERY = 1024;

    /** By path, without the slash at the end: whether the folder has an {@code index.html}. */
    private final Map<String, Boolean> folders = new HashMap<>();
    private String contextPath = "";

    @Override
    public void init(FilterConfig config) {
        ServletContext context = config.getServletContext();
        contextPath = context.getContextPath();
        VersionedModules.root(context).ifPresent(root -> addFolders(context, root));
    }

    private void addFolders(ServletContext context, String folder) {
        Set<String> entries = Optional.ofNullable(context.getResourcePaths(folder)).orElse(Set.of());
        folders.put(withoutSlash(folder), entries.contains(folder + INDEX));
        entries.stream().filter(entry -> entry.endsWith("/") && !INSIDE.contains(entry)).forEach(entry -> addFolders(context, entry));
    }

    private static String withoutSlash(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain) throws IOException, ServletException {
        if (request instanceof HttpServletRequest asked && response instanceof HttpServletResponse answer) {
            String path = asked.getServletPath() + (asked.getPathInfo() == null ? "" : asked.getPathInfo());
            Boolean hasIndex = folders.get(withoutSlash(path));
            if (Boolean.FALSE.equals(hasIndex)) {
                answer.sendError(HttpServletResponse.SC_NOT_FOUND);
                return;
            }
            if (hasIndex != null && !path.endsWith("/") && !asked.getRequestURI().endsWith("/")) {
                redirect(asked, path, answer);
                return;
            }
        }
        chain.doFilter(request, response);
    }

    /** Relative to what the client asked for, which begins with a prefix where a proxy removes one. */
    private void redirect(HttpServletRequest asked, String path, HttpServletResponse answer) throws IOException {
        try {
            String folder = contextPath + path;
            String absolute = encoded(folder + "/");
            // What is written in another way, such as with /../, may be relative to another folder.
            String location = absolute.equals(asked.getRequestURI() + "/") ? encoded("./" + folder.substring(folder.lastIndexOf('/') + 1) + "/") : absolute;
            String query = asked.getQueryString();
            answer.setStatus(HttpServletResponse.SC_FOUND);
            answer.setHeader("Location", query == null || query.length() > LONGEST_QUERY ? location : location + "?" + query);
        } catch (URISyntaxException e) {
            answer.sendError(HttpServletResponse.SC_NOT_FOUND);
        }
    }

    private static String encoded(String path) throws URISyntaxException {
        return new URI(null, null, path, null).toASCIIString();
    }
}
