package dev.partyline;

import jakarta.servlet.ServletContext;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Set;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/** The roles that an application declares in its {@code web.xml} as {@code security-role}. Jakarta EE 10 has no API that tells them. */
final class DeclaredRoles {

    private static final System.Logger LOG = System.getLogger(DeclaredRoles.class.getName());

    private DeclaredRoles() {
    }

    static Set<String> of(ServletContext context) {
        try (InputStream webXml = context.getResourceAsStream("/WEB-INF/web.xml")) {
            return webXml == null ? Set.of() : read(webXml);
        } catch (IOException | XMLStreamException e) {
            LOG.log(System.Logger.Level.WARNING, "the roles that web.xml declares could not be read; Caller.isInRole knows those of partyline.caller.roles only", e);
            return Set.of();
        }
    }

    static Set<String> read(InputStream webXml) throws XMLStreamException {
        // That of the JDK: an application may bring another one.
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        XMLStreamReader reader = factory.createXMLStreamReader(webXml);
        Set<String> roles = new HashSet<>();
        boolean declares = false;
        while (reader.hasNext()) {
            int event = reader.next();
            if (event == XMLStreamConstants.START_ELEMENT && reader.getLocalName().equals("security-role")) {
                declares = true;
            } else if (event == XMLStreamConstants.END_ELEMENT && reader.getLocalName().equals("security-role")) {
                declares = false;
            } else if (declares && event == XMLStreamConstants.START_ELEMENT && reader.getLocalName().equals("role-name")) {
                roles.add(reader.getElementText().strip());
            }
        }
        return roles;
    }
}
