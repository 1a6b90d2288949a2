package dev.partyline;

import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.Set;
import javax.management.AttributeNotFoundException;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Registers Partyline as an MBean while it runs. An MBean that stayed registered would leak the application's class loader.
 *
 * <p>Two applications of one JVM may have the same context path: two versions of one in Tomcat's parallel deployment, or those of two servers. The later one has an {@code instance} in its name.
 */
final class PartylineJmx implements PartylineMXBean {

    private static final System.Logger LOG = System.getLogger(PartylineJmx.class.getName());

    /** Beyond it there is no MBean. */
    private static final int MAX_INSTANCES = 100;

    private final Partyline partyline;
    private final Deployed deployed;
    private Optional<ObjectName> registered = Optional.empty();

    PartylineJmx(Partyline partyline, Deployed deployed) {
        this.partyline = partyline;
        this.deployed = deployed;
    }

    void register() {
        try {
            for (int instance = 1; instance <= MAX_INSTANCES && registered.isEmpty(); instance++) {
                registered = register(name(instance));
            }
            if (registered.isEmpty()) {
                LOG.log(System.Logger.Level.WARNING, "the MBean was not registered: {0} applications of this JVM are at {1}", MAX_INSTANCES, deployed.path());
            }
        } catch (JMException e) {
            LOG.log(System.Logger.Level.WARNING, "the MBean was not registered", e);
        }
    }

    private Optional<ObjectName> register(ObjectName name) throws JMException {
        try {
            ManagementFactory.getPlatformMBeanServer().registerMBean(this, name);
            return Optional.of(name);
        } catch (InstanceAlreadyExistsException e) {
            return Optional.empty();
        }
    }

    void unregister() {
        if (registered.isEmpty()) {
            return;
        }
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered.get());
        } catch (JMException e) {
            LOG.log(System.Logger.Level.DEBUG, "the MBean was not registered any more", e);
        }
    }

    private ObjectName name(int instance) throws JMException {
        return new ObjectName(name() + (instance == 1 ? "" : ",instance=" + instance));
    }

    private String name() {
        return "dev.partyline:type=Partyline,context=" + ObjectName.quote(deployed.path());
    }

    /**
     * Whether a newer version of the application has started in this JVM. The two have class loaders of their own, and know each other by their MBeans only.
     */
    boolean hasNewerVersion() {
        try {
            MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
            for (ObjectName other : registered.isEmpty() ? Set.<ObjectName>of() : beans.queryNames(new ObjectName(name() + ",*"), null)) {
                if (!other.equals(registered.get()) && isNewer(beans, other)) {
                    return true;
                }
            }
        } catch (JMException e) {
            LOG.log(System.Logger.Level.DEBUG, "the versions of the application cannot be compared", e);
        }
        return false;
    }

    private boolean isNewer(MBeanServer beans, ObjectName other) throws JMException {
        try {
            return deployed.isOlderThan((String) beans.getAttribute(other, "Host"), (String) beans.getAttribute(other, "Version")) && (Boolean) beans.getAttribute(other, "Started");
        } catch (InstanceNotFoundException | AttributeNotFoundException e) {
            // It has ended meanwhile, or is of a release without them.
            return false;
        }
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
    public String getHost() {
        return deployed.host();
    }

    @Override
    public String getVersion() {
        return deployed.version();
    }

    @Override
    public boolean isStarted() {
        return deployed.started().getAsBoolean();
    }

    @Override
    public boolean isSuperseded() {
        return hasNewerVersion();
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
