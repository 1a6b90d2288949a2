package dev.partyline.connection;

import dev.partyline.line.Line;
import dev.partyline.line.LineConnection;
import dev.partyline.line.Socket;
import dev.partyline.wire.Frame;

/**
 * Admits the client of one socket, and holds the {@link ConnectionState}: the socket is attached to a line when the client's first frame, or its
 * silence, shows what client it is.
 *
 * <p>Besides the thread that executes the client's frames, only the scheduler's thread admits a client: one that is silent. The monitor of this object makes the
 * two exclude each other.
 */
final class ClientAdmission {

    private final ServerContext context;
    private final Socket socket;
    private final HelloHandler hello;
    private final PlainHandler plain;
    private volatile ConnectionState state = ConnectionState.AWAITING_FIRST_FRAME;
    /** Null until the client is admitted, and never again. */
    private volatile FrameHandler frames;

    ClientAdmission(ServerContext context, Socket socket, HelloHandler hello, PlainHandler plain) {
        this.context = context;
        this.socket = socket;
        this.hello = hello;
        this.plain = plain;
    }

    ConnectionState state() {
        return state;
    }

    /** Null until the client is admitted, and never again. */
    FrameHandler frames() {
        return frames;
    }

    /** The one place where the state changes. Nothing follows {@code CLOSED}. */
    synchronized void transition(ConnectionState next) {
        if (state != ConnectionState.CLOSED) {
            state = next;
        }
    }

    /** Admits a client that has sent {@code $hello}. */
    void admit(Frame.Hello frame) throws ConnectionRejectedException {
        beginAdmission();
        attach(hello.admit(frame), ConnectionState.LINE);
    }

    /** From here on the scheduler's thread does not admit the client. If it is just doing so, this waits until it has. */
    synchronized void beginAdmission() {
        if (state == ConnectionState.AWAITING_FIRST_FRAME) {
            transition(ConnectionState.ADMITTING);
        }
    }

    /** Admits a client that has not sent {@code $hello} as a plain one, unless it is admitted already or its {@code $hello} is being processed. */
    synchronized void presumePlain() throws ConnectionRejectedException {
        if (state == ConnectionState.AWAITING_FIRST_FRAME) {
            attach(plain.admit(), ConnectionState.PRESUMED_PLAIN);
        }
    }

    private void attach(Admission admission, ConnectionState next) {
        if (state == ConnectionState.CLOSED) {
            // While the application was asked.
            admission.line().cancelReservation();
            return;
        }
        try {
            attachTo(admission, next);
            if (next == ConnectionState.LINE) {
                frames.onAdmitted(admission);
            }
        } catch (RuntimeException | Error e) {
            admission.line().cancelReservation();
            throw e;
        }
    }

    /** A client that was presumed to be plain has a line already: its socket is transferred to the new one. */
    private void attachTo(Admission admission, ConnectionState next) {
        FrameHandler before = frames;
        Line line = admission.line();
        LineConnection lineConnection = line.newConnection(socket, admission.binary());
        frames = new FrameHandler(context, line, lineConnection);
        transition(next);
        if (before == null) {
            line.attach(lineConnection, admission.attachment());
        } else {
            before.line().transfer(before.lineConnection(), () -> line.attach(lineConnection, admission.attachment()));
        }
        if (state == ConnectionState.CLOSED) {
            // Since then. Who has closed it may not have seen the line.
            line.onSocketClosed(lineConnection, false);
        }
    }
}
