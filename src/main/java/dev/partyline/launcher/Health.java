package dev.partyline.launcher;

import java.net.HttpURLConnection;
import java.net.URI;

/**
 * Asks a Partyline that runs by itself whether it is ready, and ends with 0 if so: a health check for containers, whose images have no curl.
 *
 * <p>{@code java -cp partyline.war dev.partyline.launcher.Health}; host, port and context come from the same flags and variables as the server's.
 */
public final class Health {

    private static final int TIMEOUT_MILLIS = 2_000;

    private Health() {
    }

    public static void main(String[] args) throws Exception {
        Options options = Options.parse(args, System.getenv());
        String host = options.host().equals("0.0.0.0") ? "127.0.0.1" : options.host();
        HttpURLConnection connection = (HttpURLConnection) URI.create("http://" + host + ":" + options.port() + options.context() + "/health/ready").toURL().openConnection();
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        System.exit(connection.getResponseCode() == HttpURLConnection.HTTP_OK ? 0 : 1);
    }
}
