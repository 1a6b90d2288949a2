package dev.partyline.connection;

import dev.partyline.handler.Caller;
import dev.partyline.handler.LineListener;
import dev.partyline.handler.TokenVerifier.Identity;
import dev.partyline.line.Line;
import dev.partyline.line.LineConnection;
import dev.partyline.line.LineRegistry;
import dev.partyline.topic.Topic;
import dev.partyline.wire.CloseCode;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Frame;
import dev.partyline.wire.FrameWriter;
import dev.partyline.wire.FrameWriter.NotJoined;
import dev.partyline.wire.Position;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/** Does what a client's frames ask for, on the line that its socket carries. Called by the container's threads, for one frame at a time. */
final class FrameHandler {

    private static final Duration MAX_TOKEN_LIFETIME = Duration.ofDays(36_500);

    private final ServerContext context;
    private final HelloHandler helloHandler;
    private final Line line;
    private final LineConnection lineConnection;

    FrameHandler(ServerContext context, HelloHandler helloHandler, Line line, LineConnection lineConnection) {
        this.context = context;
        this.helloHandler = helloHandler;
        this.line = line;
        this.lineConnection = lineConnection;
    }

    Line line() {
        return line;
    }

    LineConnection lineConnection() {
        return lineConnection;
    }

    /** The one place that knows every kind of frame. */
    void handle(Frame frame) {
        if (frame instanceof Frame.Message message) {
            message(message);
        } else if (frame instanceof Frame.Ack ack) {
            line.onInboxAcked(ack.inbox());
            if (ack.chars() > 0) {
                line.onWelcomeAcked();
            }
            lineConnection.onAcked(ack.chars());
        } else if (frame instanceof Frame.Publish publish) {
            publish(publish);
        } else if (frame instanceof Frame.Join join) {
            join(join);
        } else if (frame instanceof Frame.Leave leave) {
            if (isNewRequest(leave.from(), leave.id())) {
                line.leave(leave.topic(), leave.from(), leave.id());
            }
        } else if (frame instanceof Frame.Tab tab) {
            tab(tab);
        } else if (frame instanceof Frame.Ping) {
            line.sendPong();
        } else if (frame instanceof Frame.Token token) {
            token(token.token());
        } else if (frame instanceof Frame.Bye) {
            line.onClientBye();
        }
        // A Pong has done its work by being heard, and a Hello is the conversation's.
    }

    private void message(Frame.Message message) {
        Optional<String> from = Optional.of(message.from());
        LineRegistry.TabOpening opening = context.lines.openTab(line, message.from());
        // Plain pages choose their own tab ids, the post's example always the same one. Their answers stay on their own socket.
        boolean strict = !line.isPlain() && message.envelope().isEmpty();
        if (strict && opening == LineRegistry.TabOpening.TAKEN) {
            sendError(from, message.id(), ErrorCode.FORBIDDEN, "this tab is on another line");
        } else if (strict && opening == LineRegistry.TabOpening.TOO_MANY) {
            sendError(from, message.id(), ErrorCode.TOO_MANY, "a line may have " + context.limits.tabs() + " tabs");
        } else if (isNewRequest(from, message.id())) {
            boolean allowed = message.type().isEmpty() || helloHandler.isAllowed(policy -> policy.maySend(caller(line, from), message.type().get()));
            if (allowed) {
                context.dispatcher.dispatch(line, message);
            } else {
                context.dispatcher.reject(line, message, ErrorCode.FORBIDDEN, "you may not send this type");
            }
        }
    }

    /** False for a request that was taken before, which is answered as it was then. */
    private boolean isNewRequest(Optional<String> from, OptionalLong id) {
        if (id.isEmpty() || line.isPlain() || line.acceptRequest(id.getAsLong())) {
            return true;
        }
        if (!line.isInProgress(id.getAsLong()) && !line.resendReply(from, id.getAsLong())) {
            sendError(from, id, ErrorCode.DUPLICATE, "this id, or a higher one, was taken before, and no reply to it is kept");
        }
        return false;
    }

    private void join(Frame.Join join) {
        if (!isNewRequest(join.from(), join.id())) {
            return;
        }
        if (helloHandler.isAllowed(policy -> policy.mayJoin(caller(line, join.from()), join.topic()))) {
            line.join(join.topic(), helloHandler.resolvePosition(join.topic(), join.at()), join.from(), join.id());
        } else {
            line.answer(join.id(), FrameWriter.error(join.from(), join.id(), NotJoined.forbidden()));
        }
    }

    private void publish(Frame.Publish publish) {
        Optional<String> from = Optional.of(publish.from());
        if (context.lines.openTab(line, publish.from()) == LineRegistry.TabOpening.TAKEN) {
            sendError(from, publish.id(), ErrorCode.FORBIDDEN, "this tab is on another line");
            return;
        }
        if (!isNewRequest(from, publish.id())) {
            return;
        }
        if (!helloHandler.isAllowed(policy -> policy.mayPublish(caller(line, from), publish.topic()))) {
            sendError(from, publish.id(), ErrorCode.FORBIDDEN, "you may not publish to this topic");
            return;
        }
        Optional<Topic> topic = context.topics.get(publish.topic());
        if (topic.isEmpty()) {
            sendError(from, publish.id(), ErrorCode.OVERLOADED, "there are too many topics on this server");
            return;
        }
        String members = FrameWriter.members(Optional.empty(), from, publish.value());
        long now = context.nanoTime.getAsLong();
        Position at = publish.key().isPresent() ? topic.get().publishOnce(publish.key().get(), members, now) : topic.get().publish(members, now);
        if (publish.id().isPresent()) {
            line.answer(publish.id(), FrameWriter.reply(from, publish.id().getAsLong(), Optional.of("{\"at\":" + FrameWriter.position(at) + "}")));
        }
    }

    private void tab(Frame.Tab tab) {
        Optional<String> from = Optional.of(tab.from());
        switch (tab.state()) {
            case OPEN -> {
                LineRegistry.TabOpening opening = context.lines.openTab(line, tab.from());
                if (opening == LineRegistry.TabOpening.TAKEN) {
                    sendError(from, OptionalLong.empty(), ErrorCode.FORBIDDEN, "this tab is on another line");
                } else if (opening == LineRegistry.TabOpening.TOO_MANY) {
                    sendError(from, OptionalLong.empty(), ErrorCode.TOO_MANY, "a line may have " + context.limits.tabs() + " tabs");
                }
            }
            case GONE -> context.lines.closeTab(line, tab.from());
            case HIDDEN -> notifyListeners(from, LineListener::tabHidden);
            case VISIBLE -> notifyListeners(from, LineListener::tabVisible);
        }
    }

    private void notifyListeners(Optional<String> tab, BiConsumer<LineListener, Caller> event) {
        if (line.tabs().contains(tab.orElseThrow())) {
            Caller caller = caller(line, tab);
            context.dispatcher.notifyListeners(line, listener -> event.accept(listener, caller));
        }
    }

    private void token(String token) {
        Optional<Identity> identity = helloHandler.verify(token);
        if (identity.isEmpty()) {
            line.close(CloseCode.NOT_AUTHENTICATED, "the token is not good");
        } else if (!line.user().equals(identity.map(Identity::user))) {
            line.close(CloseCode.FORBIDDEN, "the token is another user's");
        } else {
            identity.get().expires().ifPresentOrElse(this::setTokenExpiry, () -> line.setTokenExpiry(Long.MAX_VALUE));
        }
    }

    void setTokenExpiry(Instant at) {
        Duration left = Duration.between(Instant.now(), at);
        // Instant.MAX is how some say "never", and has too many nanoseconds for a long.
        line.setTokenExpiry(left.compareTo(MAX_TOKEN_LIFETIME) > 0 ? Long.MAX_VALUE : context.nanoTime.getAsLong() + left.toNanos());
    }

    private static Caller caller(Line line, Optional<String> tab) {
        return new Caller(line.id(), tab, line.user());
    }

    /** Tells of a frame that went wrong: the tab that asked, or the line where no tab is known. */
    void sendError(Optional<String> from, OptionalLong id, ErrorCode code, String text) {
        line.answer(id, FrameWriter.error(from, id, code, text));
    }
}
