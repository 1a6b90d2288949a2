package dev.partyline.assets;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.FilterConfig;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * Cache headers of the browser half: browsers revalidate its files by an ETag of the content, and cache the {@link VersionedModules} for ever. The scripts that pages and
 * workers load are compressed.
 *
 * <p>{@code main.js} alone may be used before it is revalidated, if page and worker are one file: then they are of one version, though perhaps not of the newest. Where a browser
 * has two versions in its cache, by two addresses or since it revalidates the worker's script only, the version of the port protocol tells whether the two fit.
 *
 * <p>Without revalidation, a page could load modules of two versions after a deploy, or start a worker from a script that is no longer served. The ETag of containers
 * consists of a file's length and time, and in a reproducible WAR all files have the same time.
 */
public class StaticFilesFilter implements Filter {

    /**
     * Page and worker start from the cache. For an hour the worker alone has the browser revalidate the file, while it runs. After that a page starts at once and the browser
     * revalidates the file meanwhile, but browsers revalidate a file first with which a worker starts. Caches between browser and server always revalidate it: what the worker asks for
     * is the newest.
     */
    private static final String MAIN_CACHE = "max-age=3600, s-maxage=0, stale-while-revalidate=86400";
    /** Containers take it for a video by the last part of its name. */
    private static final String TYPES = ".d.ts";
    private static final String JAVASCRIPT = "text/javascript;charset=UTF-8";

    private final ConcurrentMap<String, String> tags = new ConcurrentHashMap<>();
    private ServletContext context;
    private Optional<VersionedModules> modules = Optional.empty();

    @Override
    public void init(FilterConfig config) throws ServletException {
        context = config.getServletContext();
        try {
            modules = VersionedModules.in(context);
        } catch (IOException e) {
            throw new ServletException("the browser half cannot be read", e);
        }
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain) throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest asked) || !(response instanceof HttpServletResponse answer)) {
            chain.doFilter(request, response);
            return;
        }
        String path = asked.getServletPath() + (asked.getPathInfo() == null ? "" : asked.getPathInfo());
        answer.setHeader("Cache-Control", "no-cache");
        if (modules.isEmpty() || !serve(modules.get(), path, asked, answer)) {
            serveFile(path, asked, answer, chain);
        }
    }

    /** False if the request is for an ordinary file, which the container serves. */
    private static boolean serve(VersionedModules modules, String path, HttpServletRequest asked, HttpServletResponse answer) throws IOException {
        Optional<VersionedModules.Module> module = modules.module(path);
        if (module.isPresent()) {
            if (module.get().isCurrent()) {
                answer.setHeader("Cache-Control", "max-age=31536000, immutable");
            }
            write(module.get().text(), path, takesGzip(asked), answer);
            return true;
        }
        Optional<CompressedText> entry = modules.entry(path);
        if (entry.isPresent()) {
            boolean compressed = takesGzip(asked);
            String tag = entry.get().tag(compressed);
            answer.setHeader("ETag", tag);
            if (modules.isWhole(path)) {
                answer.setHeader("Cache-Control", MAIN_CACHE);
            }
            if (isKnown(tag, asked)) {
                answer.addHeader("Vary", "Accept-Encoding");
                answer.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
            } else {
                write(entry.get(), path, compressed, answer);
            }
        }
        return entry.isPresent();
    }

    private static boolean takesGzip(HttpServletRequest asked) {
        return CompressedText.isAccepted(asked.getHeader("Accept-Encoding"));
    }

    /** The header may list several tags, and a proxy that compresses weakens them (RFC 9110, section 13.1.2). */
    private static boolean isKnown(String tag, HttpServletRequest asked) {
        String known = asked.getHeader("If-None-Match");
        return known != null && known.contains(tag);
    }

    private static void write(CompressedText text, String path, boolean compressed, HttpServletResponse answer) throws IOException {
        byte[] bytes = text.bytes(compressed);
        answer.setContentType(type(path));
        answer.addHeader("Vary", "Accept-Encoding");
        if (compressed) {
            answer.setHeader("Content-Encoding", "gzip");
        }
        answer.setContentLength(bytes.length);
        answer.getOutputStream().write(bytes);
    }

    private static String type(String path) {
        if (path.endsWith(".js")) {
            return JAVASCRIPT;
        }
        return path.endsWith(".json") || path.endsWith(".map") ? "application/json" : "text/plain;charset=UTF-8";
    }

    private void serveFile(String path, HttpServletRequest asked, HttpServletResponse answer, FilterChain chain) throws IOException, ServletException {
        Optional<String> tag = tag(path);
        if (tag.isEmpty()) {
            chain.doFilter(asked, answer);
        } else if (isKnown(tag.get(), asked)) {
            answer.setHeader("ETag", tag.get());
            answer.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
        } else if (path.endsWith(TYPES) || path.startsWith(ClassPathFiles.ROOT) && !ClassPathFiles.isServed(context, path)) {
            answer.setHeader("ETag", tag.get());
            try (InputStream content = ClassPathFiles.open(context, path)) {
                answer.setContentType(type(path));
                content.transferTo(answer.getOutputStream());
            }
        } else {
            answer.setHeader("ETag", tag.get());
            chain.doFilter(new UnconditionalRequest(asked), new OwnTagResponse(answer));
        }
    }

    /** The tag of an existing file; empty otherwise, which is not cached. */
    private Optional<String> tag(String path) throws IOException {
        String file = path.isEmpty() || path.equals("/") ? "/index.html" : path;
        String known = tags.get(file);
        if (known != null) {
            return Optional.of(known);
        }
        try (InputStream content = ClassPathFiles.open(context, file)) {
            if (content == null) {
                return Optional.empty();
            }
            String tag = tag(content);
            tags.put(file, tag);
            return Optional.of(tag);
        }
    }

    private static String tag(InputStream content) throws IOException {
        CheckedInputStream checked = new CheckedInputStream(content, new CRC32());
        long length = checked.transferTo(OutputStream.nullOutputStream());
        return "\"" + Long.toHexString(checked.getChecksum().getValue()) + "-" + Long.toHexString(length) + "\"";
    }

    /** Hides the conditional headers, which were evaluated here: the container would evaluate them by file times. */
    private static final class UnconditionalRequest extends HttpServletRequestWrapper {

        private UnconditionalRequest(HttpServletRequest request) {
            super(request);
        }

        @Override
        public String getHeader(String name) {
            return isCondition(name) ? null : super.getHeader(name);
        }

        @Override
        public long getDateHeader(String name) {
            return isCondition(name) ? -1 : super.getDateHeader(name);
        }

        private static boolean isCondition(String name) {
            return name.equalsIgnoreCase("If-None-Match") || name.equalsIgnoreCase("If-Modified-Since");
        }
    }

    /** Keeps the container from replacing the ETag and Last-Modified headers. */
    private static final class OwnTagResponse extends HttpServletResponseWrapper {

        private OwnTagResponse(HttpServletResponse response) {
            super(response);
        }

        @Override
        public void setHeader(String name, String value) {
            if (!isOurs(name)) {
                super.setHeader(name, value);
            }
        }

        @Override
        public void addHeader(String name, String value) {
            if (!isOurs(name)) {
                super.addHeader(name, value);
            }
        }

        @Override
        public void setDateHeader(String name, long date) {
            if (!isOurs(name)) {
                super.setDateHeader(name, date);
            }
        }

        private static boolean isOurs(String name) {
            return name.equalsIgnoreCase("ETag") || name.equalsIgnoreCase("Last-Modified");
        }
    }
}
