package dev.partyline.handler;

import java.util.Optional;

/** What the test kit needs of handlers that applications do not. In the jar of the test kit only. */
public final class HandlerAccess {

    private HandlerAccess() {
    }

    public static <T> Call<T> call(String type, T value, Caller caller, boolean request) {
        return new Call<>(type, value, caller, request);
    }

    /** @throws IllegalArgumentException if the JSON is no such value */
    public static <T> T read(ValueCodec codec, String json, Class<T> type) {
        try {
            return codec.read(Optional.of(json), type);
        } catch (ValueCodec.BadValueException e) {
            throw new IllegalArgumentException(json + " is no " + type.getName(), e);
        }
    }
}
