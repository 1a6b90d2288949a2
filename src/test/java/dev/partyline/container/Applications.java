package dev.partyline.container;

import dev.partyline.testing.WebXml;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jboss.shrinkwrap.api.ArchivePath;
import org.jboss.shrinkwrap.api.ArchivePaths;
import org.jboss.shrinkwrap.api.Filters;
import org.jboss.shrinkwrap.api.ShrinkWrap;
import org.jboss.shrinkwrap.api.asset.StringAsset;
import org.jboss.shrinkwrap.api.importer.ZipImporter;
import org.jboss.shrinkwrap.api.spec.EnterpriseArchive;
import org.jboss.shrinkwrap.api.spec.JavaArchive;
import org.jboss.shrinkwrap.api.spec.WebArchive;

/** What is deployed. */
public final class Applications {

    private static final int JSON_LIBRARIES = 4;
    private static final ArchivePath EJB = ArchivePaths.create("WEB-INF/classes/shop/Stocktaking.class");
    private static final ArchivePath DESCRIPTOR = ArchivePaths.create("WEB-INF/web.xml");

    private Applications() {
    }

    /** The very file that {@code package} made. */
    public static WebArchive partyline() {
        return partyline("partyline.war");
    }

    /** The same under another name. */
    static WebArchive partyline(String name) {
        return file(name, System.getProperty("war.file"));
    }

    /** The WAR with other settings. */
    public static WebArchive partyline(Map<String, String> settings) {
        return partyline(xml -> WebXml.with(settings, xml));
    }

    /** The WAR with the demo switched off, and the classes of {@code dev.partyline.sample} for an application. */
    public static WebArchive partylineWithSample(Map<String, String> settings) {
        WebArchive war = partyline(xml -> WebXml.withoutDemo(WebXml.with(settings, xml)));
        for (File type : new File(Applications.class.getResource("/dev/partyline/sample").getPath()).listFiles()) {
            war.addAsWebInfResource(type, "classes/dev/partyline/sample/" + type.getName());
        }
        return war;
    }

    private static WebArchive partyline(UnaryOperator<String> change) {
        return change(partyline(), change);
    }

    private static WebArchive change(WebArchive war, UnaryOperator<String> change) {
        try (InputStream in = war.delete(DESCRIPTOR).getAsset().openStream()) {
            return war.setWebXML(new StringAsset(change.apply(new String(in.readAllBytes(), StandardCharsets.UTF_8))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        return forContainer(file("orders.war", System.getProperty("orders.file"))).addAsWebInfResource("container/jetty-users.xml", "jetty-ee10-web.xml");
    }

    /**
     * The same, with the users of {@code tomcat-users.xml} where the container is Tomcat; the others have users of their own, with the same names.
     *
     * @param guarded whether the address of the line is protected, and traffic on it keeps HTTP sessions
     */
    static WebArchive ordersWithUsers(String name, boolean guarded) {
        WebArchive war = ShrinkWrap.create(WebArchive.class, name + ".war").merge(ordersForContainer());
        war.addAsManifestResource(new StringAsset("<Context><Realm className=\"org.apache.catalina.realm.MemoryRealm\" pathname=\""
            + new File(System.getProperty("it.resources"), "tomcat-users.xml").toURI() + "\"/></Context>"), "context.xml");
        return guarded ? change(war, xml -> WebXml.with(Map.of("partyline.session.keep.alive", "true"),
            xml.replace("<url-pattern>/account/*</url-pattern>", "<url-pattern>/account/*</url-pattern><url-pattern>/partyline/line</url-pattern>"))) : war;
    }

    /** The sample application without its EJB and with another {@code web.xml}, which begins with these attributes. Payara rejects EJBs with complete metadata. */
    static WebArchive shopWithDescriptor(String name, String attributesAndElements) {
        WebArchive war = ShrinkWrap.create(WebArchive.class, name + ".war").merge(shopForContainer());
        war.delete(DESCRIPTOR);
        war.delete(EJB);
        return war.setWebXML(new StringAsset("<web-app xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"6.0\" " + attributesAndElements + "</web-app>"));
    }

    /** The sample application in an EAR: Partyline's jar and those that it needs are in the lib folder, and the EJB is in a module of its own. */
    static EnterpriseArchive shopInEar() {
        WebArchive war = ShrinkWrap.create(WebArchive.class, "shop-of-ear.war").merge(shopForContainer());
        EnterpriseArchive ear = ShrinkWrap.create(EnterpriseArchive.class, "shop.ear");
        for (ArchivePath library : Set.copyOf(war.getContent(Filters.include("/WEB-INF/lib/.*\\.jar")).keySet())) {
            ear.addAsLibrary(war.get(library).getAsset(), library.get().substring("/WEB-INF/lib/".length()));
            war.delete(library);
        }
        ear.addAsModule(ShrinkWrap.create(JavaArchive.class, "stock.jar").add(war.get(EJB).getAsset(), "shop/Stocktaking.class"));
        war.delete(EJB);
        return ear.addAsModule(war).setApplicationXML(new StringAsset("<application xmlns=\"https://jakarta.ee/xml/ns/jakartaee\" version=\"10\"><module><ejb>stock.jar</ejb></module>"
            + "<module><web><web-uri>shop-of-ear.war</web-uri><context-root>/earshop</context-root></web></module><library-directory>lib</library-directory></application>"));
    }

    /** The WAR at the root, by the descriptor of each container, or by its name. */
    static WebArchive partylineAtRoot() {
        WebArchive war = partyline("ROOT.war");
        return war.addAsWebInfResource(new StringAsset("<jboss-web><context-root>/</context-root></jboss-web>"), "jboss-web.xml")
            .addAsWebInfResource(new StringAsset("<glassfish-web-app><context-root>/</context-root></glassfish-web-app>"), "glassfish-web.xml")
            .addAsWebInfResource(new StringAsset("<web-ext xmlns=\"http://websphere.ibm.com/xml/ns/javaee\" version=\"1.0\"><context-root uri=\"/\"/></web-ext>"), "ibm-web-ext.xml");
    }

    /** An application that tells the threads of Partyline in its server. */
    static WebArchive threads() {
        String folder = "dev/partyline/container/";
        return ShrinkWrap.create(WebArchive.class, "threads.war").addAsWebInfResource(folder + "ThreadList.class", "classes/" + folder + "ThreadList.class")
            .addAsWebInfResource(folder + "PartylineThreads.class", "classes/" + folder + "PartylineThreads.class");
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
