package dev.partyline;

import jakarta.servlet.ServletContext;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Where an application is, and in which version.
 *
 * <p>Tomcat's parallel deployment has several versions of an application at one path. It sends a request to the version that has the browser's HTTP session, and if none has, to the newest one: that
 * whose version is the last in the order of strings.
 *
 * @param host    the virtual host
 * @param path    the context path
 * @param version empty but for parallel deployment
 * @param started whether it serves requests
 */
record Deployed(String host, String path, String version, BooleanSupplier started) {

    /** Tomcat's. */
    private static final String VERSION = "org.apache.catalina.webappVersion";

    static Deployed at(String path) {
        return new Deployed("", path, "", () -> true);
    }

    static Deployed of(ServletContext context, BooleanSupplier started) {
        return new Deployed(host(context), context.getContextPath(), Optional.ofNullable(context.getAttribute(VERSION)).map(Object::toString).orElse(""), started);
    }

    private static String host(ServletContext context) {
        try {
            return Optional.ofNullable(context.getVirtualServerName()).orElse("");
        } catch (UnsupportedOperationException e) {
            return "";
        }
    }

    boolean isOlderThan(String otherHost, String otherVersion) {
        return host.equals(otherHost) && version.compareTo(otherVersion) < 0;
    }
}
