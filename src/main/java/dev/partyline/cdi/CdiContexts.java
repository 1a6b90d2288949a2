package dev.partyline.cdi;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.context.control.ActivateRequestContext;
import jakarta.enterprise.inject.spi.BeanManager;
import jakarta.enterprise.inject.spi.CDI;
import jakarta.servlet.ServletContext;
import java.util.concurrent.Executor;

/**
 * Runs tasks in a request context of CDI. A bean, since CDI offers this in two ways: the interceptor of a bean's method, and an object that has to be created for each task.
 *
 * <p>Any thread may call. Loaded by containers with CDI only.
 */
@ApplicationScoped
public class CdiContexts {

    /**
     * Connects Partyline with the beans of the application of the calling thread.
     *
     * @return runs a task, in a request context that ends with it
     * @throws IllegalStateException if the application has no CDI, or not the beans of Partyline
     */
    public static Executor of(ServletContext context) {
        CDI<Object> beans = CDI.current();
        if (!beans.select(CdiContexts.class).isResolvable()) {
            throw new IllegalStateException("CDI does not know the beans of Partyline");
        }
        beans.select(PartylineProducer.class).get().startedIn(context);
        return beans.select(CdiContexts.class).get()::run;
    }

    /**
     * That of the application of the calling thread. Here, since Weld looks for it by the calling class, and on Payara knows a bean, but not an extension.
     *
     * @throws IllegalStateException if the application has no CDI
     */
    static BeanManager beanManager() {
        return CDI.current().getBeanManager();
    }

    /** If the thread has a request context already, the container's interceptor leaves it in place. */
    @ActivateRequestContext
    public void run(Runnable task) {
        task.run();
    }
}
