package dev.partyline;

import java.lang.management.ManagementFactory;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.ObjectName;

/** Registers Partyline as an MBean while it runs. An MBean that stayed registered would leak the application's class loader. */
final class PartylineJmx implements PartylineMXBean {

    private static final System.Logger LOG = System.getLogger(PartylineJmx.class.getName());

    private final Partyline partyline;
    private final String context;
    private boolean registered;

    PartylineJmx(Partyline partyline, String context) {
        this.partyline = partyline;
        this.context = context;
    }

    void register() {
        try {
            ManagementFactory.getPlatformMBeanServer().registerMBean(this, name());
            registered = true;
        } catch (InstanceAlreadyExistsException e) {
            LOG.log(System.Logger.Level.INFO, "the MBean was not registered: another server of this JVM has an application at {0}", context);
        } catch (JMException e) {
            LOG.log(System.Logger.Level.WARNING, "the MBean was not registered", e);
        }
    }

    void unregister() {
        if (!registered) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name());
        } catch (JMException e) {
            LOG.log(System.Logger.Level.DEBUG, "the MBean was not registered any more", e);
        }
    }

    private ObjectName name() throws JMException {
        return new ObjectName("dev.partyline:type=Partyline,context=" + ObjectName.quote(context));
    }

    @Override
    public int getLines() {
        return partyline.statistics().lines();
    }

    @Override
    public int getHeldLines() {
        return partyline.statistics().heldLines();
    }

    @Override
    public int getTabs() {
        return partyline.statistics().tabs();
    }

    @Override
    public int getTopics() {
        return partyline.statistics().topics();
    }

    @Override
    public long getMessagesIn() {
        return partyline.statistics().received().messages();
    }

    @Override
    public long getBatchesOut() {
        return partyline.statistics().sent().batches();
    }

    @Override
    public long getSlowCloses() {
        return partyline.statistics().sent().slowCloses();
    }

    @Override
    public boolean isDraining() {
        return partyline.isDraining();
    }

    @Override
    public void drain() {
        partyline.drain();
    }
}
