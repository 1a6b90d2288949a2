package dev.partyline.launcher;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.URI;

/**
 * A health check for containers whose images have no curl: exits with 0 if the server of {@code java -jar partyline.war} is ready.
 *
 * <p>{@code java -cp partyline.war dev.partyline.launcher.HealthCheck}; host, port and context come from the same flags and variables as for the server.
 */
public final class HealthCheck {

    private static final int TIMEOUT_MILLIS = 2_000;

    private HealthCheck() {
    }

    public static void main(String[] args) throws Exception {
        Options options = Options.parse(args, System.getenv());
        InetAddress address = InetAddress.getByName(options.host());
        // A server that listens on every address is reached on the loopback address.
        String host = address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress().getHostAddress() : options.host();
        URI ready = URI.create("http://" + Options.inUrl(host) + ":" + options.port() + options.context() + "/health/ready");
        HttpURLConnection connection = (HttpURLConnection) ready.toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        try {
            int status = connection.getResponseCode();
            System.out.println(ready + " answers " + status);
            System.exit(status == HttpURLConnection.HTTP_OK ? 0 : 1);
        } catch (IOException e) {
            System.out.println(ready + " does not answer: " + e.getMessage());
            System.exit(1);
        }
    }
}
