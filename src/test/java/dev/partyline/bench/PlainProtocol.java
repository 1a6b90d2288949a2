package dev.partyline.bench;

/** With the naive endpoint and {@code ws}: one JSON object each way, and whoever is connected hears what is published. */
final class PlainProtocol extends BenchProtocol {

    PlainProtocol(Client client) {
        super(client);
    }

    @Override
    void opened() {
        client.ready();
    }

    @Override
    void text(byte[] bytes, int from, int to) {
        for (int i = from; i < to && !mark(bytes, i, to); i++) { }
    }

    @Override
    String echo(String value) {
        return "{\"type\":\"echo\",\"value\":" + value + "}";
    }

    @Override
    String publish(String value) {
        return "{\"type\":\"publish\",\"value\":" + value + "}";
    }
}
