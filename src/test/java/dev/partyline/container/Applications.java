package dev.partyline.container;

import java.io.File;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** What is deployed. */
final class Applications {

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

    private static WebArchive file(String name, String path) {
        return ShrinkWrap.create(ZipImporter.class, name).importFrom(new File(path)).as(WebArchive.class);
    }
}
