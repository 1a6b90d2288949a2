package dev.partyline.cdi;

import dev.partyline.handler.HandlerRegistry;
import dev.partyline.handler.Handles;
import dev.partyline.handler.LineListener;
import jakarta.enterprise.context.ConversationScoped;
import jakarta.enterprise.context.SessionScoped;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.AfterDeploymentValidation;
import jakarta.enterprise.inject.spi.AnnotatedMethod;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.BeforeShutdown;
import jakarta.enterprise.inject.spi.DefinitionException;
import jakarta.enterprise.inject.spi.Extension;
import jakarta.enterprise.inject.spi.ProcessManagedBean;
import jakarta.enterprise.inject.spi.ProcessObserverMethod;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * Finds the methods of beans with {@link Handles}, and the observers of lines and tabs, when the container starts the application. What is wrong with them fails the deployment.
 *
 * <p>A portable extension and no build-compatible one, since the containers have both, and only this one is called for the session beans of EJB. Loaded by containers with CDI only, and used by the
 * thread that starts the application. A thread of its own warns if Partyline does not start within a minute.
 */
public class PartylineExtension implements Extension {

    private static final System.Logger LOG = System.getLogger(PartylineExtension.class.getName());
    private static final Set<Class<?>> OF_SESSIONS = Set.of(SessionScoped.class, ConversationScoped.class);

    /** What an application may take to start after CDI has. */
    private static final Duration START = Duration.ofMinutes(1);

    private final Duration startWithin;
    private final CountDownLatch startedOrEnded = new CountDownLatch(1);
    private final Map<String, Found> byType = new LinkedHashMap<>();
    private final List<String> faults = new ArrayList<>();
    private boolean observed;

    public PartylineExtension() {
        this(START);
    }

    PartylineExtension(Duration startWithin) {
        this.startWithin = startWithin;
    }

    private record Found(Bean<?> bean, Type beanType, HandlerMethod method) {
    }

    /**
     * What registers the handlers and a listener of the application of the calling thread.
     *
     * @throws IllegalStateException if the application has no CDI, or CDI has not started
     */
    public static BiConsumer<HandlerRegistry, Consumer<LineListener>> ofApplication() {
        BeanManager beans = CdiContexts.beanManager();
        try {
            PartylineExtension extension = beans.getExtension(PartylineExtension.class);
            extension.onStart();
            return (handlers, listen) -> extension.register(beans, handlers, listen);
        } catch (IllegalArgumentException e) {
            LOG.log(System.Logger.Level.WARNING, "CDI has not loaded the extension of Partyline: methods with @Handles and observers of lines and tabs are not called. Its jar belongs into"
                + " WEB-INF/lib, or into the lib folder of an EAR");
            return (handlers, listen) -> { };
        }
    }

    /** Also called for session beans, whose event extends this one. */
    <X> void onBean(@Observes ProcessManagedBean<X> event) {
        for (AnnotatedMethod<? super X> annotated : event.getAnnotatedBeanClass().getMethods()) {
            if (annotated.isAnnotationPresent(Handles.class)) {
                onMethod(event.getBean(), event.getAnnotatedBeanClass().getJavaClass(), annotated.getJavaMember());
            }
        }
    }

    private void onMethod(Bean<?> bean, Class<?> type, Method method) {
        if (HandlerMethod.isReplaced(type, method)) {
            return;
        }
        try {
            HandlerMethod found = new HandlerMethod(type, method);
            Optional<Type> beanType = bean.getTypes().stream().filter(candidate -> candidate == type || candidate instanceof ParameterizedType generic && generic.getRawType() == type).findFirst();
            if (OF_SESSIONS.contains(bean.getScope())) {
                faults.add(found + " cannot handle type \"" + found.type() + "\": its bean is @" + bean.getScope().getSimpleName() + ", and a message belongs to no session");
            } else if (beanType.isEmpty()) {
                faults.add(found + " cannot handle type \"" + found.type() + "\": its class is no type of the bean; add @LocalBean to an EJB, or remove @Typed");
            } else {
                Found before = byType.putIfAbsent(found.type(), new Found(bean, beanType.get(), found));
                if (before != null) {
                    faults.add("type \"" + found.type() + "\" has two handlers: " + before.method() + " and " + found);
                }
            }
        } catch (IllegalArgumentException e) {
            faults.add(e.getMessage());
        }
    }

    <T, X> void onObserver(@Observes ProcessObserverMethod<T, X> event) {
        observed |= CdiEvents.TYPES.contains(event.getObserverMethod().getObservedType());
    }

    void validate(@Observes AfterDeploymentValidation event) {
        faults.forEach(fault -> event.addDeploymentProblem(new DefinitionException(fault)));
        if (faults.isEmpty()) {
            Thread thread = new Thread(this::warnUnlessStarted, "partyline-start-check");
            thread.setDaemon(true);
            thread.start();
        }
    }

    /** Where the container reads nothing of the jar, nothing else of Partyline runs. */
    private void warnUnlessStarted() {
        try {
            if (!startedOrEnded.await(startWithin.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "the jar of Partyline is there, but Partyline has not started: an absolute-ordering in web.xml, or the lib folder of an EAR, hides the jar from"
                    + " the web application. Name partyline in the ordering, or call Partyline.of in a ServletContextListener");
            }
        } catch (InterruptedException e) {
            LOG.log(System.Logger.Level.DEBUG, "the wait for the start was interrupted", e);
        }
    }

    void end(@Observes BeforeShutdown event) {
        startedOrEnded.countDown();
    }

    void onStart() {
        startedOrEnded.countDown();
    }

    private void register(BeanManager beans, HandlerRegistry handlers, Consumer<LineListener> listen) {
        byType.forEach((type, found) -> {
            try {
                handlers.onGeneric(type, found.method().value(), new BeanHandler(beans, found.bean(), found.beanType(), found.method()), found.method().options());
            } catch (IllegalStateException e) {
                throw new IllegalStateException(found.method() + " cannot handle type \"" + type + "\", which has a handler already, by Partyline.on", e);
            }
        });
        if (observed) {
            listen.accept(new CdiEvents(beans.getEvent()));
        }
        if (!byType.isEmpty()) {
            LOG.log(System.Logger.Level.INFO, "methods of beans handle {0}", String.join(", ", byType.keySet()));
        }
    }
}
