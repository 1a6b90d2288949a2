package dev.partyline.cdi;

import dev.partyline.handler.Call;
import dev.partyline.handler.Handler;
import jakarta.enterprise.context.spi.CreationalContext;
import jakarta.enterprise.inject.spi.Bean;
import jakarta.enterprise.inject.spi.BeanManager;
import java.lang.reflect.Type;

/** Handles messages by a method of a bean: as other beans call it, through its proxy if its scope has one. A bean without a scope of its own lives as long as the call. Thread-safe. */
final class BeanHandler implements Handler<Object> {

    private final BeanManager beans;
    private final Bean<?> bean;
    private final Type beanType;
    private final HandlerMethod method;
    private final boolean kept;
    /** Null until the first call, and always if none is kept. */
    private volatile Object proxy;

    BeanHandler(BeanManager beans, Bean<?> bean, Type beanType, HandlerMethod method) {
        this.beans = beans;
        this.bean = bean;
        this.beanType = beanType;
        this.method = method;
        this.kept = beans.isNormalScope(bean.getScope());
    }

    @Override
    public Object handle(Call<Object> call) throws Exception {
        Object known = proxy;
        if (known != null) {
            return method.call(known, call);
        }
        CreationalContext<?> creation = beans.createCreationalContext(bean);
        Object reference = beans.getReference(bean, beanType, creation);
        if (kept) {
            proxy = reference;
            return method.call(reference, call);
        }
        try {
            return method.call(reference, call);
        } finally {
            creation.release();
        }
    }
}
