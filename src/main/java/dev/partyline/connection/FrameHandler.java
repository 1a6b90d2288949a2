package dev.partyline.connection;

import dev.partyline.handler.Caller;
import dev.partyline.handler.Callers;
import dev.partyline.handler.LineListener;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.line.Line;
import dev.partyline.line.LineConnection;
import dev.partyline.line.LineRegistry;
import dev.partyline.stats.Limit;
import dev.partyline.topic.KeyConflictException;
import dev.partyline.topic.Topic;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Position;
import dev.partyline.wire.TabIds;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/**
 * Executes the frames of an admitted client on the line that its socket is attached to: a method for each frame of PROTOCOL.md's table "Up" but
 * {@code $hello}.
 *
 * <p>Called for one frame at a time, by the container's thread that read it, or by one that may ask the application about it. It never waits for the line's event loop.
 */
final class FrameHandler {

    private final ServerContext context;
    private final Line line;
    private final LineConnection lineConnection;
    private final int reservation;

    FrameHandler(ServerContext context, Line line, LineConnection lineConnection) {
        this.context = context;
        this.line = line;
        this.lineConnection = lineConnection;
        this.reservation = line.reservations();
    }

    Line line() {
        return line;
    }

    LineConnection lineConnection() {
        return lineConnection;
    }

    /** The client's {@code $hello} was accepted. */
    void onAdmitted(Admission admission) {
        context.recheck.afterJoin(line, admission.policyVersion());
        if (!admission.allTabsOpen()) {
            sendError(Optional.empty(), OptionalLong.empty(), ErrorCode.TOO_MANY, "not all tabs could be opened: a line may have "
                + context.limits.line().quotas().tabs() + " tabs, and a tab may be on one line only");
        }
    }

    /** A policy that may block is asked by the thread that runs the handler. */
    void onMessage(Frame.Message message) {
        line.confirm();
        Optional<String> from = Optional.of(message.from());
        if (!isOnOwnTab(message) || !isNew(from, message.id()) || !hasMemory(message.from(), message.id())) {
            return;
        }
        if (message.type().isEmpty() || !context.authorizer.isNonBlocking()) {
            context.dispatcher.dispatch(line, message, message.type().map(type -> () -> maySend(message, type)));
        } else if (maySend(message, message.type().get())) {
            context.dispatcher.dispatch(line, message, Optional.empty());
        } else {
            sendError(from, message.id(), ErrorCode.FORBIDDEN, "you may not send this type");
        }
    }

    private boolean maySend(Frame.Message message, String type) {
        return context.authorizer.maySend(caller(Optional.of(message.from())), type);
    }

    /** Binds the tab of a message to this line, if it is free. */
    private boolean isOnOwnTab(Frame.Message message) {
        if (line.isPlain() || message.envelope().isPresent()) {
            return isNotTaken(context.lines.openPlainTab(line, message.from()), Optional.of(message.from()), message.id());
        }
        return isOpen(context.lines.openTab(line, message.from(), false), message.from(), message.id());
    }

    /** Whether a frame that may name a tab, and need not, does not name one that is not on this line. If it does, sends an error. */
    private boolean isNotTaken(Optional<String> tab, OptionalLong id) {
        return tab.isEmpty() || isNotTaken(context.lines.openTab(line, tab.get(), false), tab, id);
    }

    private boolean isNotTaken(LineRegistry.TabOpening opening, Optional<String> tab, OptionalLong id) {
        if (opening == LineRegistry.TabOpening.TAKEN) {
            sendError(tab, id, ErrorCode.FORBIDDEN, "this tab is not on this line");
        }
        return opening != LineRegistry.TabOpening.TAKEN;
    }

    /** If the tab is not open on this line, sends an error and returns false. */
    private boolean isOpen(LineRegistry.TabOpening opening, String tab, OptionalLong id) {
        if (opening == LineRegistry.TabOpening.TOO_MANY) {
            sendError(Optional.of(tab), id, ErrorCode.TOO_MANY, "a line may have " + context.limits.line().quotas().tabs() + " tabs");
            return false;
        }
        return isNotTaken(opening, Optional.of(tab), id);
    }

    /**
     * Whether a frame is to be executed: it is no request, or a request that was not accepted before. If it was, its answer is sent again. The ids of plain clients are members
     * like any other: their pages choose their own tab ids, the post's example always the same one.
     */
    private boolean isNew(Optional<String> from, OptionalLong id) {
        if (line.isPlain() || id.isEmpty() || line.acceptRequest(id.getAsLong())) {
            return true;
        }
        if (!line.isInProgress(id.getAsLong()) && !line.resendReply(from, id.getAsLong())) {
            sendError(from, id, ErrorCode.DUPLICATE, "this id, or a higher one, was accepted before, and its reply is no longer stored");
        }
        return false;
    }

    /** If messages and answers would not fit into the memory for them, sends an error and returns false. */
    private boolean hasMemory(String from, OptionalLong id) {
        boolean full = context.topics.memory().isFull();
        if (full) {
            context.counters.hit(Limit.MEMORY, line);
            sendError(Optional.of(from), id, ErrorCode.OVERLOADED, "the server retains as many messages as its memory allows");
        }
        return !full;
    }

    void onPublish(Frame.Publish publish) {
        line.confirm();
        Optional<String> from = Optional.of(publish.from());
        if (!isOpen(context.lines.openTab(line, publish.from(), false), publish.from(), publish.id()) || !isNew(from, publish.id())) {
            return;
        }
        if (!context.authorizer.mayPublish(caller(from), publish.topic())) {
            sendError(from, publish.id(), ErrorCode.FORBIDDEN, "you may not publish to this topic");
        } else if (hasMemory(publish.from(), publish.id())) {
            boolean found = context.topics.use(publish.topic(), line.topicOwner(), topic -> {
                publish(topic, publish);
                return true;
            }).isPresent();
            if (!found) {
                line.answer(publish.id(), FrameWriter.error(from, publish.id(), NotJoined.overloaded()));
            }
        }
    }

    private void publish(Topic topic, Frame.Publish publish) {
        Optional<String> from = Optional.of(publish.from());
        // Not the id of the tab: messages could be addressed to it.
        String members = FrameWriter.members(Optional.empty(), from.map(TabIds::publicName), publish.value());
        long now = context.nanoTime.getAsLong();
        Position at;
        try {
            at = publish.key().isPresent() ? topic.publishOnce(line.publisher(), publisherOf(publish), publish.key().get(), publish.value(), members, now)
                : topic.publish(line.publisher(), members, now);
        } catch (KeyConflictException e) {
            sendError(from, publish.id(), ErrorCode.CONFLICT, e.getMessage());
            return;
        }
        if (publish.id().isPresent()) {
            line.answer(publish.id(), FrameWriter.reply(from, publish.id().getAsLong(), Optional.of("{\"at\":" + FrameWriter.position(at) + "}")));
        }
    }

    /**
     * To whom an idempotency key belongs: a user's to all lines of the user. Without a user it is the tab's, if its id is proven: a browser sends a publish again on another
     * line, when it could not resume the one before. Other keys are the line's.
     */
    private String publisherOf(Frame.Publish publish) {
        return line.user().map(user -> "user " + user).orElseGet(() -> TabIds.isDerived(publish.from()) ? "tab " + publish.from() : "line " + line.id());
    }

    /** The client does not learn whether the question is still open: to it, that makes no difference. */
    void onAnswer(Frame.Answer answer) {
        line.confirm();
        Optional<String> from = Optional.of(answer.from());
        if (isOpen(context.lines.openTab(line, answer.from(), false), answer.from(), answer.id()) && isNew(from, answer.id())) {
            context.questions.answer(line, answer);
            if (answer.id().isPresent()) {
                line.answer(answer.id(), FrameWriter.reply(from, answer.id().getAsLong(), Optional.empty()));
            }
        }
    }

    void onAck(Frame.Ack ack) {
        line.confirm();
        line.onInboxAcked(ack.inbox());
        lineConnection.onAcked(ack.chars());
    }

    /** Every frame that has no method of its own here. */
    void onControlFrame(Frame frame) {
        line.confirm();
        if (frame instanceof Frame.Join join) {
            onJoin(join);
        } else if (frame instanceof Frame.Leave leave) {
            onLeave(leave);
        } else if (frame instanceof Frame.Tab tab) {
            onTab(tab);
        } else if (frame instanceof Frame.Ping) {
            line.sendPong();
        } else if (frame instanceof Frame.Token token) {
            onToken(token.token());
        } else if (frame instanceof Frame.Bye) {
            line.onClientBye(lineConnection);
        }
    }

    private void onJoin(Frame.Join join) {
        if (!isNotTaken(join.from(), join.id()) || !isNew(join.from(), join.id())) {
            return;
        }
        int asked = line.policyVersion();
        if (context.authorizer.mayJoin(caller(join.from()), join.topic())) {
            line.join(lineConnection, join.topic(), context.positionOf(join.topic(), join.at()), join.from(), join.id());
            context.recheck.afterJoin(line, asked);
        } else {
            line.answer(join.id(), FrameWriter.error(join.from(), join.id(), NotJoined.forbidden()));
        }
    }

    private void onLeave(Frame.Leave leave) {
        if (isNotTaken(leave.from(), leave.id()) && isNew(leave.from(), leave.id())) {
            line.leave(lineConnection, leave.topic(), leave.from(), leave.id());
        }
    }

    private void onTab(Frame.Tab tab) {
        switch (tab.state()) {
            case OPEN -> isOpen(context.lines.openTab(line, tab.from(), tab.proven()), tab.from(), OptionalLong.empty());
            case GONE -> context.lines.closeTab(line, tab.from());
            case HIDDEN -> notifyListeners(tab.from(), LineListener::tabHidden);
            case VISIBLE -> notifyListeners(tab.from(), LineListener::tabVisible);
        }
    }

    private void notifyListeners(String tab, BiConsumer<LineListener, Caller> event) {
        if (line.tabs().contains(tab)) {
            Caller caller = caller(Optional.of(tab));
            context.dispatcher.notifyListeners(line, listener -> event.accept(listener, caller));
        }
    }

    /** Without a verifier it is ignored, as in {@code $hello}. */
    private void onToken(String token) {
        if (!context.authorizer.verifiesTokens()) {
            return;
        }
        Optional<Identity> identity = context.authorizer.verify(token);
        if (identity.isEmpty()) {
            close(CloseCode.NOT_AUTHENTICATED, "invalid token");
        } else if (!line.user().equals(identity.map(Identity::user))) {
            close(CloseCode.FORBIDDEN, "the token belongs to another user");
        } else {
            line.renewToken(reservation, line.facts().withToken(identity.get().user(), identity.get().roles()), context.expiryOf(identity));
        }
    }

    /** Closes this client's connection. If another one has replaced it, the line does not notice. */
    void close(CloseCode code, String reason) {
        line.close(lineConnection, code, reason);
    }

    private Caller caller(Optional<String> tab) {
        return Callers.of(line, tab);
    }

    /**
     * Reports an error to the tab that sent the frame, or to the line where no tab is known.
     *
     * @param id empty if the frame was no request
     */
    void sendError(Optional<String> from, OptionalLong id, ErrorCode code, String text) {
        line.answer(id, FrameWriter.error(from, id, code, text));
    }
}
