package dev.partyline.cdi;

import dev.partyline.handler.Call;
import dev.partyline.handler.CallException;
import dev.partyline.handler.Caller;
import dev.partyline.handler.HandlerOptions;
import dev.partyline.handler.Handles;
import dev.partyline.wire.ErrorCode;
import dev.partyline.wire.Names;
import dev.partyline.wire.RawJson;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** A method with {@link Handles}: what it handles, and how it is called. Immutable. Without types of CDI. */
final class HandlerMethod {

    private final String name;
    private final Method method;
    private final Handles annotation;
    private final HandlerOptions options;
    private final Type value;

    /** @throws IllegalArgumentException if the method cannot be a handler, with a sentence that names it */
    HandlerMethod(Class<?> bean, Method method) {
        this.name = bean.getName() + "." + method.getName();
        this.method = method;
        this.annotation = method.getAnnotation(Handles.class);
        require(Modifier.isPublic(method.getModifiers()) && !Modifier.isStatic(method.getModifiers()), "the method must be public, and not static");
        require(!Future.class.isAssignableFrom(method.getReturnType()) || CompletionStage.class.isAssignableFrom(method.getReturnType()),
            "it returns a Future, which cannot be sent; return the value or a CompletionStage");
        this.options = checked();
        this.value = valueType();
        method.setAccessible(true);
    }

    /** By a method of a class below, without the annotation or with one of its own. And compilers copy annotations to the bridge methods of generic types. */
    static boolean isReplaced(Class<?> bean, Method method) {
        for (Class<?> below = bean; below != method.getDeclaringClass() && below != null; below = below.getSuperclass()) {
            try {
                below.getDeclaredMethod(method.getName(), method.getParameterTypes());
                return true;
            } catch (NoSuchMethodException e) {
                // Inherited from further up.
            }
        }
        return method.isBridge();
    }

    private HandlerOptions checked() {
        try {
            Names.requireType(annotation.value());
            HandlerOptions chosen = HandlerOptions.standard().parallel(annotation.parallel());
            chosen = annotation.nonBlocking() ? chosen.nonBlocking() : chosen;
            return annotation.withinSeconds() == 0 ? chosen : chosen.within(Duration.ofSeconds(annotation.withinSeconds()));
        } catch (IllegalArgumentException e) {
            throw fault(e.getMessage());
        }
    }

    private void require(boolean holds, String rule) {
        if (!holds) {
            throw fault(rule);
        }
    }

    private IllegalArgumentException fault(String text) {
        return new IllegalArgumentException(name + " cannot handle type \"" + annotation.value() + "\": " + text);
    }

    /** That of the parameter for the value, or else of the call; a text that is not converted if there is neither. */
    private Type valueType() {
        Type[] parameters = method.getGenericParameterTypes();
        require(Stream.of(method.getParameterTypes()).filter(Call.class::equals).count() <= 1 && Stream.of(method.getParameterTypes()).filter(Caller.class::equals).count() <= 1,
            "it may have one parameter for the Call, and one for the Caller");
        Type[] values = Stream.of(parameters).filter(type -> rawOf(type) != Call.class && type != Caller.class).toArray(Type[]::new);
        require(values.length <= 1, "it has " + values.length + " parameters for the value, at most one is allowed, beside a Call and a Caller");
        Optional<Type> inCall = Stream.of(parameters).filter(ParameterizedType.class::isInstance).filter(type -> rawOf(type) == Call.class)
            .map(type -> ((ParameterizedType) type).getActualTypeArguments()[0]).filter(type -> !(type instanceof WildcardType)).findFirst();
        require(values.length == 0 || inCall.isEmpty() || inCall.get().equals(values[0]), "the value is a " + named(values) + " and the Call has another one");
        Type type = values.length == 1 ? values[0] : inCall.orElse(RawJson.class);
        require(isKnown(type), "the type of its value has a type variable, so JSON cannot be mapped to it");
        return type;
    }

    private static String named(Type[] values) {
        return values.length == 0 ? "nothing" : values[0].getTypeName();
    }

    private static Type rawOf(Type type) {
        return type instanceof ParameterizedType parameterized ? parameterized.getRawType() : type;
    }

    private static boolean isKnown(Type type) {
        if (type instanceof ParameterizedType parameterized) {
            return Stream.of(parameterized.getActualTypeArguments()).allMatch(HandlerMethod::isKnown);
        }
        return !(type instanceof TypeVariable<?>) && !(type instanceof GenericArrayType array && !isKnown(array.getGenericComponentType()));
    }

    String type() {
        return annotation.value();
    }

    /** What values are converted to. */
    Type value() {
        return value;
    }

    HandlerOptions options() {
        return options;
    }

    /** Calls the method, on a bean or its proxy. */
    Object call(Object bean, Call<?> call) throws Exception {
        Class<?>[] types = method.getParameterTypes();
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = types[i] == Call.class ? call : types[i] == Caller.class ? call.caller() : call.value();
            if (arguments[i] == null && types[i].isPrimitive()) {
                throw new CallException(ErrorCode.BAD_VALUE.code(), "the value does not fit type " + type());
            }
        }
        try {
            return method.invoke(bean, arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exception exception) {
                throw exception;
            }
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e;
        }
    }

    /** Class and name of the method, for messages. */
    @Override
    public String toString() {
        return name;
    }
}
