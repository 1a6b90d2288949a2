package dev.partyline.testing;

import java.util.Map;
import java.util.stream.Collectors;

/** Changes to the text of the WAR's {@code web.xml}. */
public final class WebXml {

    private WebXml() {
    }

    /** With settings, as context parameters. */
    public static String with(Map<String, String> settings, String xml) {
        String parameters = settings.entrySet().stream()
            .map(setting -> "<context-param><param-name>" + setting.getKey() + "</param-name><param-value>" + setting.getValue() + "</param-value></context-param>")
            .collect(Collectors.joining());
        return xml.replace("</web-app>", parameters + "</web-app>");
    }

    /** With the demo switched off. */
    public static String withoutDemo(String xml) {
        String without = xml.replaceFirst("(<param-name>partyline.demo</param-name>\\s*<param-value>)true", "$1false");
        if (without.equals(xml)) {
            throw new IllegalStateException("web.xml has no demo to switch off");
        }
        return without;
    }
}
