package dev.partyline.browser;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import dev.partyline.testing.PartylineServer;

/**
 * A real proxy program with one of the configurations in {@code deploy/}, on a free port of this machine.
 *
 * <p>The configuration is what a user copies: ports, address of the server and certificate are replaced, as the user does, and nothing else unless the test
 * says so. What belongs into another file of the program is added here.
 */
final class ReverseProxy implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final Path SHIPPED = Path.of("deploy");

    /** Something that a configuration must have, and what takes its place. */
    private record Edit(String regex, String replacement) {

        /** @param value for {@code %s} in the replacement */
        String of(String text, Object value) {
            Matcher matcher = Pattern.compile(regex).matcher(text);
            if (!matcher.find()) {
                throw new AssertionError("the configuration has no \"" + regex + "\": " + text);
            }
            return matcher.replaceAll(Matcher.quoteReplacement(String.format(Locale.ROOT, replacement, value)));
        }
    }

    /** The programs of which there are configurations. */
    enum Program {
        NGINX("HUP", List.of("nginx"), ".conf", new Edit("listen (80|443)\\b", "listen 127.0.0.1:%s"), new Edit("\\b60s\\b", "%ss"), new Edit(" ssl http2;", " ssl;"),
            new Edit("/etc/letsencrypt/live/app\\.example\\.org/", "%s/")) {
            @Override
            List<String> command(Path executable, Path folder, Path configuration, int port) throws IOException {
                String temporary = Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                    .map(kind -> kind + "_temp_path " + folder + "/" + kind + ";\n").collect(Collectors.joining());
                Path main = Files.writeString(folder.resolve("main"), "daemon off;\npid " + folder + "/pid;\nerror_log stderr;\nworker_processes 1;\nevents {\n}\n"
                    + "http {\naccess_log off;\n" + temporary + "include " + configuration + ";\n}\n");
                return List.of(executable.toString(), "-p", folder.toString(), "-c", main.toString());
            }
        },
        HTTPD("USR1", List.of("apache2", "httpd"), ".conf", new Edit("\\*:(80|443)>", "127.0.0.1:%s>"), new Edit("ProxyTimeout 60", "ProxyTimeout %s"),
            new Edit("Protocols h2 http/1.1", "Protocols http/1.1"), new Edit("/etc/letsencrypt/live/app\\.example\\.org/", "%s/")) {
            @Override
            List<String> command(Path executable, Path folder, Path configuration, int port) throws IOException {
                Path modules = Stream.of("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/libexec/apache2", "/usr/local/apache2/modules").map(Path::of).filter(Files::isDirectory)
                    .findFirst().orElseThrow(() -> new IllegalStateException("httpd has no folder of modules"));
                // Some distributions have some of them in the program itself.
                String loaded = Stream.of("mpm_event", "unixd", "authz_core", "headers", "socache_shmcb", "ssl", "http2", "proxy", "proxy_http")
                    .filter(module -> Files.exists(modules.resolve("mod_" + module + ".so")))
                    .map(module -> "LoadModule " + module + "_module " + modules + "/mod_" + module + ".so\n").collect(Collectors.joining());
                // A number: the names of the users differ, and root must not serve pages.
                Path main = Files.writeString(folder.resolve("main"), "ServerRoot " + folder + "\nDefaultRuntimeDir " + folder + "\nPidFile pid\nErrorLog error.log\n" + loaded
                    + "User #65534\nGroup #65534\nServerName localhost\nListen 127.0.0.1:" + port + "\nInclude " + configuration + "\n");
                return List.of(executable.toString(), "-f", main.toString(), "-D", "FOREGROUND");
            }
        },
        HAPROXY("USR2", List.of("haproxy"), ".cfg", new Edit("bind :(80|443)", "bind 127.0.0.1:%s"), new Edit("\\b60s\\b", "%ss"),
            new Edit("alpn h2,http/1.1", "alpn http/1.1"), new Edit("/etc/haproxy/app\\.example\\.org\\.pem", "%s/both.pem")) {
            @Override
            List<String> command(Path executable, Path folder, Path configuration, int port) {
                return List.of(executable.toString(), "-W", "-f", configuration.toString());
            }
        };

        private final String reload;
        private final List<String> executables;
        private final String ending;
        private final Edit port;
        private final Edit timeouts;
        private final Edit withoutHttp2;
        private final Edit certificate;

        Program(String reload, List<String> executables, String ending, Edit port, Edit timeouts, Edit withoutHttp2, Edit certificate) {
            this.reload = reload;
            this.executables = executables;
            this.ending = ending;
            this.port = port;
            this.timeouts = timeouts;
            this.withoutHttp2 = withoutHttp2;
            this.certificate = certificate;
        }

        /** The one that {@code -Dproxies} calls so. */
        static Program named(String name) {
            return Stream.of(values()).filter(program -> program.word().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("-Dproxies names \"" + name + "\", which is none of nginx, httpd, haproxy"));
        }

        /** Its folder in {@code deploy/}, too. */
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        List<Configuration> configurations() {
            return List.of(new Configuration(this, "http", false, false, ""), new Configuration(this, "tls", true, true, ""), new Configuration(this, "tls", true, false, ""),
                new Configuration(this, "prefix", true, true, "/app"));
        }

        /** A command that stays in the foreground. */
        abstract List<String> command(Path executable, Path folder, Path configuration, int port) throws IOException;

        private Path executable() {
            // Where the system's servers are, which is not on the path of every user.
            return Stream.concat(Stream.of(System.getenv("PATH").split(":")), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .flatMap(folder -> executables.stream().map(name -> Path.of(folder, name))).filter(Files::isExecutable).findFirst()
                .orElseThrow(() -> new IllegalStateException("-Dproxies names " + word() + ", but this machine has no program " + String.join(" or ", executables)));
        }
    }

    /**
     * One file of {@code deploy/}.
     *
     * @param http2  whether browsers may speak HTTP/2; without it, a file that allows it is used without that word
     * @param prefix what the path of the pages has before {@code /partyline/}
     */
    record Configuration(Program program, String name, boolean tls, boolean http2, String prefix) {

        private String text() {
            try {
                return Files.readString(SHIPPED.resolve(program.word()).resolve(name + program.ending));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public String toString() {
            return program.word() + "/" + name + program.ending + (tls && !http2 ? " without HTTP/2" : "");
        }
    }

    private final Configuration configuration;
    private final int port = PartylineServer.freePort();
    private final Path output;
    private final List<String> command;
    private Process process;

    /**
     * @param folder   for its files, new
     * @param certificates where those of {@link TestCertificate} are
     * @param timeouts in place of those in the file, which are 60 s
     */
    ReverseProxy(Configuration configuration, Path folder, Path certificates, int serverPort, Optional<Duration> timeouts) {
        this.configuration = configuration;
        output = folder.resolve("output");
        try {
            Files.createDirectories(folder);
            Program program = configuration.program();
            String text = program.port.of(new Edit("127\\.0\\.0\\.1:8080", "127.0.0.1:%s").of(configuration.text(), serverPort), port);
            if (configuration.tls()) {
                text = program.certificate.of(text, certificates);
                text = configuration.http2() ? text : program.withoutHttp2.of(text, "");
            }
            if (timeouts.isPresent()) {
                text = program.timeouts.of(text, timeouts.get().toSeconds());
            }
            command = program.command(program.executable(), folder, Files.writeString(folder.resolve("shipped" + program.ending), text), port);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start();
    }

    /** A folder that the workers of a program may read, which run as another user. */
    static Path folder() {
        try {
            return Files.setPosixFilePermissions(Files.createTempDirectory("partyline-proxies-"), PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Configuration configuration() {
        return configuration;
    }

    int port() {
        return port;
    }

    String origin() {
        return (configuration.tls() ? "https" : "http") + "://127.0.0.1:" + port;
    }

    /** Where Partyline is, for browsers, without a slash. */
    String url() {
        return origin() + configuration.prefix() + "/partyline";
    }

    void start() {
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile())).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await(this + " to listen").atMost(TIMEOUT).failFast(() -> {
            if (!process.isAlive()) {
                throw new AssertionError(this + " has ended: " + output());
            }
        }).until(this::listens);
    }

    private boolean listens() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Has it read its configuration again, and returns when new workers are there. */
    void reload() {
        Set<Long> before = workers();
        try {
            new ProcessBuilder("kill", "-" + configuration.program().reload, String.valueOf(process.pid())).inheritIO().start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        await("new workers of " + this).atMost(TIMEOUT).until(() -> process.isAlive() && !before.containsAll(workers()));
    }

    private Set<Long> workers() {
        return process.children().map(ProcessHandle::pid).collect(Collectors.toSet());
    }

    /** As a system does that is stopped: it cuts all connections. */
    void stop() {
        process.destroy();
        try {
            if (!process.waitFor(TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError(this + " does not end: " + output());
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String output() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return configuration.toString();
    }

    @Override
    public void close() {
        stop();
    }
}
