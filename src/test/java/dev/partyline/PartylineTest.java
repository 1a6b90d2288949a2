package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.wire.RawJson;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Partyline without a container: not started, so it has no lines. */
class PartylineTest {

    private static final String CONTEXT = "/partyline-test";

    private final Partyline partyline = new Partyline(new Settings(setting -> Optional.empty()), CONTEXT);
    private final PartylineJmx jmx = new PartylineJmx(partyline, CONTEXT);

    @AfterEach
    void stop() {
        jmx.unregister();
        partyline.stop();
    }

    @Test
    void statisticsHaveAHistogramForEachHandler() {
        partyline.on("echo", RawJson.class, call -> call.value()).onOthers(RawJson.class, call -> null);
        partyline.topic("orders").publish(1);

        Statistics statistics = partyline.statistics();

        assertThat(statistics.topics()).isEqualTo(1);
        assertThat(statistics.lines()).isZero();
        assertThat(statistics.handlers()).containsOnlyKeys("*", "echo").allSatisfy((type, latency) -> assertThat(latency.counts()).containsOnly(0L));
    }

    @Test
    @SuppressWarnings("removal")
    void formerNameOfStatisticsFailsAndNamesTheNewOne() {
        assertThatThrownBy(partyline::figures).isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("Partyline.statistics");
    }

    /** Consoles and agents use these names: a change of one belongs in CHANGELOG.md. */
    @Test
    void managedBeanHasTheseAttributesAndGoesWhenItIsUnregistered() throws JMException {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        ObjectName name = new ObjectName("dev.partyline:type=Partyline,context=" + ObjectName.quote(CONTEXT));

        jmx.register();

        assertThat(Stream.of(beans.getMBeanInfo(name).getAttributes()).map(attribute -> attribute.getName() + " " + attribute.getType())).containsExactlyInAnyOrder(
            "Lines int", "HeldLines int", "Tabs int", "Topics int", "MessagesIn long", "BatchesOut long", "SlowCloses long", "Draining boolean");
        assertThat(Stream.of(beans.getMBeanInfo(name).getOperations()).map(operation -> operation.getName())).containsExactly("drain");
        beans.invoke(name, "drain", null, null);
        assertThat(beans.getAttribute(name, "Draining")).isEqualTo(true);

        jmx.unregister();
        assertThat(beans.isRegistered(name)).isFalse();
    }
}
