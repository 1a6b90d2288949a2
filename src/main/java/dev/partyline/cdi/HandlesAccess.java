package dev.partyline.cdi;

import dev.partyline.handler.Handler;
import dev.partyline.handler.HandlerRegistry;
import dev.partyline.handler.Handles;
import java.lang.reflect.Method;

/** What the test kit needs of methods with {@link Handles}, without types of CDI. In the jar of the test kit only. */
public final class HandlesAccess {

    private HandlesAccess() {
    }

    /**
     * Registers the methods with {@link Handles} of an object, also those that its class inherits.
     *
     * @throws IllegalArgumentException if it has none, or one that cannot be a handler
     * @throws IllegalStateException    if a type has a handler already
     */
    public static void register(HandlerRegistry handlers, Object bean) {
        boolean found = false;
        for (Class<?> type = bean.getClass(); type != null; type = type.getSuperclass()) {
            for (Method method : type.getDeclaredMethods()) {
                if (method.isAnnotationPresent(Handles.class) && !HandlerMethod.isReplaced(bean.getClass(), method)) {
                    HandlerMethod handler = new HandlerMethod(bean.getClass(), method);
                    handlers.onGeneric(handler.type(), handler.value(), (Handler<Object>) call -> handler.call(bean, call), handler.options());
                    found = true;
                }
            }
        }
        if (!found) {
            throw new IllegalArgumentException(bean.getClass().getName() + " has no method with @Handles");
        }
    }
}
