package dev.partyline.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipFile;

/** What figures were taken on and of: they say nothing without it. */
record Machine(String text) {

    private static final Path CPUS = Path.of("/proc/cpuinfo");
    private static final Pattern MODEL = Pattern.compile("model name\\s*: (.*)");
    private static final Pattern TOMCAT = Pattern.compile("WEB-INF/server/tomcat-embed-core-(.*)\\.jar");
    private static final Pattern PEER = Pattern.compile("\"(ws|socket\\.io)\": \"([^\"]+)\"");
    private static final long GIGA = 1L << 30;

    static Machine here(Path folder, boolean pinned) throws IOException, InterruptedException {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        StringBuilder text = new StringBuilder();
        text.append("%d processors (%s), %d GB, %s %s; ".formatted(processors(), model(), (system.getTotalMemorySize() + GIGA / 2) / GIGA,
            system.getName(), system.getVersion().replaceAll("-.*", "")));
        text.append("%s %s; Tomcat %s".formatted(System.getProperty("java.vm.name"), System.getProperty("java.vm.version"), tomcat(folder.resolve("partyline.war"))));
        Path node = folder.resolve("node");
        if (Files.isDirectory(node)) {
            text.append("; Node ").append(Shell.output(node, "node", "--version").orElse("none"));
            Matcher peers = PEER.matcher(Files.readString(node.resolve("package.json")));
            while (peers.find()) {
                text.append(", ").append(peers.group(1)).append(' ').append(peers.group(2));
            }
        }
        return new Machine(text.append(pinned ? "; server and generator on a processor each" : "; nothing pinned").toString());
    }

    /** Not those that are left to this process. */
    private static long processors() throws IOException {
        return Files.exists(CPUS) ? Files.readAllLines(CPUS).stream().filter(line -> line.startsWith("processor")).count() : Runtime.getRuntime().availableProcessors();
    }

    private static String model() throws IOException {
        Matcher model = MODEL.matcher(Files.exists(CPUS) ? Files.readString(CPUS) : "");
        return model.find() ? model.group(1) : System.getProperty("os.arch");
    }

    private static String tomcat(Path war) throws IOException {
        if (!Files.exists(war)) {
            return "not measured";
        }
        try (ZipFile file = new ZipFile(war.toFile())) {
            return file.stream().map(entry -> TOMCAT.matcher(entry.getName())).filter(Matcher::matches).map(name -> name.group(1)).findFirst().orElse("unknown");
        }
    }
}
