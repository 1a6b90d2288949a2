package dev.partyline.container;

import dev.partyline.Partyline;
import dev.partyline.connection.ServerContext;
import dev.partyline.handler.CallContext;
import dev.partyline.wire.RawJson;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Field;
import javax.management.ObjectName;

/** In an application, for {@link ContextCostIT}: handlers that take the contexts of all calls away and give them back, and one that tells the processor time of the server. */
@WebListener
public class ContextSwitch implements ServletContextListener {

    private Object contexts;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        partyline.on("echo", RawJson.class, call -> call.value());
        partyline.on("contexts.on", Boolean.class, call -> switchTo(call.value()));
        partyline.on("cpu", RawJson.class, call -> (Long) ManagementFactory.getPlatformMBeanServer().getAttribute(new ObjectName("java.lang:type=OperatingSystem"), "ProcessCpuTime") / 1000);
    }

    private synchronized boolean switchTo(boolean on) throws ReflectiveOperationException {
        CallContext context = ServerContext.current().orElseThrow().callContext();
        Field field = CallContext.class.getDeclaredField("contexts");
        field.setAccessible(true);
        if (contexts == null) {
            contexts = field.get(context);
        }
        field.set(context, on ? contexts : null);
        return contexts != null;
    }
}
