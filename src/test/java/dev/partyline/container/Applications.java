package dev.partyline.container;

import java.io.File;
import java.util.Set;
import org.jboss.shrinkwrap.api.ArchivePath;
import org.jboss.shrinkwrap.api.Filters;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** What is deployed. */
final class Applications {

    private static final int JSON_LIBRARIES = 4;

    private Applications() {
    }

    /** The very file that {@code package} made. */
    static WebArchive partyline() {
        return file("partyline.war", System.getProperty("war.file"));
    }

    /** The sample application, which has Partyline's jar among its own. */
    static WebArchive shop() {
        return file("shop.war", System.getProperty("shop.file"));
    }

    /** The same as README.md says to build it for a container with JSON-B: without one of its own. */
    static WebArchive shopForContainer() {
        return forContainer(shop());
    }

    /** The sample application that uses what a Jakarta EE server has. */
    static WebArchive ordersForContainer() {
        return forContainer(file("orders.war", System.getProperty("orders.file")));
    }

    private static WebArchive forContainer(WebArchive application) {
        if (Boolean.getBoolean("cdi")) {
            Set<ArchivePath> libraries = application.getContent(Filters.include("/WEB-INF/lib/(yasson|parsson|jakarta\\.json).*")).keySet();
            if (libraries.size() < JSON_LIBRARIES) {
                throw new IllegalStateException("the sample application has other libraries for JSON: " + libraries);
            }
            Set.copyOf(libraries).forEach(application::delete);
        }
        return application;
    }

    private static WebArchive file(String name, String path) {
        return ShrinkWrap.create(ZipImporter.class, name).importFrom(new File(path)).as(WebArchive.class);
    }
}
