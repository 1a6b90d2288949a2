package dev.partyline.bench;

/** Socket.IO 5 on Engine.IO 4, by WebSocket from the start. */
final class SocketIoProtocol extends BenchProtocol {

    SocketIoProtocol(Client client) {
        super(client);
    }

    @Override
    void opened() {
    }

    @Override
    void text(byte[] bytes, int from, int to) {
        if (startsWith("42[\"message\"", bytes, from, to)) {
            for (int i = from; i < to && !mark(bytes, i, to); i++) { }
        } else if (startsWith("42[\"joined\"", bytes, from, to)) {
            client.ready();
        } else if (startsWith("0{", bytes, from, to)) {
            client.send("40");
        } else if (startsWith("2", bytes, from, to)) {
            client.send("3");
        }
    }

    @Override
    String echo(String value) {
        return "42[\"echo\"," + value + "]";
    }

    @Override
    String publish(String value) {
        return "42[\"publish\"," + value + "]";
    }
}
