package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import org.junit.jupiter.api.Test;

class DeclaredRolesTest {

    private static Set<String> roles(String webXml) throws XMLStreamException {
        return DeclaredRoles.read(new ByteArrayInputStream(webXml.getBytes(StandardCharsets.UTF_8)));
    }

    @Test
    void rolesAreThoseThatAreDeclaredAndNotThoseThatAConstraintNames() throws XMLStreamException {
        assertThat(roles("""
            <?xml version="1.0"?>
            <web-app xmlns="https://jakarta.ee/xml/ns/jakartaee">
              <security-constraint><auth-constraint><role-name>*</role-name></auth-constraint></security-constraint>
              <security-role><description>of the shop</description><role-name> clerk </role-name></security-role>
              <security-role><role-name>head of sales</role-name></security-role>
              <servlet><security-role-ref><role-name>alias</role-name></security-role-ref></servlet>
            </web-app>
            """)).containsExactlyInAnyOrder("clerk", "head of sales");
        assertThat(roles("<web-app/>")).isEmpty();
    }

    @Test
    void nothingOutsideOfTheFileIsRead() {
        assertThatThrownBy(() -> roles("<!DOCTYPE web-app [<!ENTITY other SYSTEM 'file:///etc/hostname'>]><web-app><security-role><role-name>&other;</role-name></security-role></web-app>"))
            .isInstanceOf(XMLStreamException.class);
    }
}
