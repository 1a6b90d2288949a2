package dev.partyline.launcher;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The options of the executable WAR, from the command line and the environment. Flags override the environment.
 *
 * @param host    address to listen on
 * @param port    TCP port, 0 for any free one
 * @param context context path, empty for the root
 * @param help    whether only the usage was asked for
 */
record Options(String host, int port, String context, boolean help) {

    static final String USAGE = """
        Usage: java [-Dpartyline.SETTING=VALUE ...] -jar partyline.war [--host HOST] [--port PORT] [--context PATH]

          --host HOST      address to listen on      (PARTYLINE_HOST, default localhost)
          --port PORT      TCP port, 0 for any       (PARTYLINE_PORT, default 8080)
          --context PATH   context path              (PARTYLINE_CONTEXT, default /partyline)

        Every setting of the README can be given as a system property or as an environment variable:
        -Dpartyline.api.key=… or PARTYLINE_API_KEY=…""";

    /** If a service is named partyline, Kubernetes sets PARTYLINE_PORT to its address in each container. */
    private static final String KUBERNETES = "tcp://";

    Options {
        if (host.isBlank()) {
            throw new IllegalArgumentException("host is empty, must be a name or an address of this machine");
        }
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port is " + port + ", must be 0 to 65535");
        }
        if (!context.isEmpty() && !context.matches("(/[A-Za-z0-9._~-]+)+")) {
            throw new IllegalArgumentException("context is \"" + context + "\", must be empty or begin, and not end, with /, of A-Z a-z 0-9 . _ ~ - /");
        }
    }

    static Options parse(String[] args, Map<String, String> environment) {
        String host = environment.getOrDefault("PARTYLINE_HOST", "localhost");
        String port = environment.getOrDefault("PARTYLINE_PORT", "8080");
        String context = environment.getOrDefault("PARTYLINE_CONTEXT", "/partyline");
        if (port.startsWith(KUBERNETES)) {
            port = "8080";
        }
        boolean help = false;
        for (Iterator<String> rest = words(args).iterator(); rest.hasNext();) {
            String flag = rest.next();
            switch (flag) {
                case "--host" -> host = valueOf(flag, rest);
                case "--port" -> port = valueOf(flag, rest);
                case "--context" -> context = valueOf(flag, rest);
                case "--help", "-h" -> help = true;
                default -> throw new IllegalArgumentException("unknown option " + flag);
            }
        }
        return new Options(host, number(port), context.equals("/") ? "" : context, help);
    }

    /** {@code --port=80} is {@code --port 80}. */
    private static List<String> words(String[] args) {
        List<String> words = new ArrayList<>();
        for (String arg : args) {
            int equals = arg.startsWith("--") ? arg.indexOf('=') : -1;
            if (equals < 0) {
                words.add(arg);
            } else {
                words.add(arg.substring(0, equals));
                words.add(arg.substring(equals + 1));
            }
        }
        return words;
    }

    private static String valueOf(String flag, Iterator<String> rest) {
        if (!rest.hasNext()) {
            throw new IllegalArgumentException(flag + " needs a value");
        }
        return rest.next();
    }

    private static int number(String port) {
        try {
            return Integer.parseInt(port);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("port is \"" + port + "\", must be a number from 0 to 65535");
        }
    }

    /** A host in the syntax of URLs. */
    static String inUrl(String host) {
        return host.indexOf(':') < 0 || host.startsWith("[") ? host : "[" + host + "]";
    }
}
