package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.partyline.handler.ValueMapper;
import dev.partyline.wire.Position;
import dev.partyline.wire.RawJson;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Partyline without a container: not started, so it has no lines. */
class PartylineTest {

    private static final String CONTEXT = "/partyline-test";

    private final Partyline partyline = new Partyline(new Settings(setting -> Optional.empty(), Set.of()), Deployed.at(CONTEXT), PartylineTest.class.getClassLoader());
    private final PartylineJmx jmx = new PartylineJmx(partyline, Deployed.at(CONTEXT));

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

    @ParameterizedTest
    @ValueSource(strings = {"status", "gap", "upgrade", "error"})
    void typeThatPagesCannotHearIsRefusedByEveryWayIn(String type) {
        List<ThrowingCallable> ways = List.of(() -> partyline.on(type, RawJson.class, call -> null), () -> partyline.toTab("tab", type, 1), () -> partyline.toLine("line", type, 1),
            () -> partyline.toUser("ann", type, 1), () -> partyline.toAll(type, 1), () -> partyline.ask("tab", type, 1, String.class), () -> partyline.topic("orders").publish(type, 1),
            () -> partyline.topic("orders").publishOnce("key", type, 1), () -> partyline.user("ann").publish(Optional.of(type), 1, Optional.empty()));
        assertThat(ways).allSatisfy(way -> assertThatIllegalArgumentException().isThrownBy(way)
            .withMessage("type \"" + type + "\" cannot be received by pages, which use the names status, gap, upgrade, error for events of the line"));
        assertThat(partyline.statistics().topics()).isZero();
    }

    @Test
    void integerThatJavaScriptRoundsIsRefusedByEveryWayIn() {
        long id = 9007199254740993L;
        List<ThrowingCallable> ways = List.of(() -> partyline.toTab("tab", "order", id), () -> partyline.toLine("line", "order", id), () -> partyline.toLine("line", Map.of("id", id)),
            () -> partyline.toUser("ann", "order", id), () -> partyline.toAll("order", id), () -> partyline.topic("orders").publish(id));
        assertThat(ways).allSatisfy(way -> assertThatIllegalArgumentException().isThrownBy(way).withMessageContaining("9007199254740993, is beyond ±(2^53-1)"));
    }

    @Test
    void mapperOfTheApplicationWritesWhatIsPublished() {
        partyline.mapper(new ValueMapper() {
            @Override
            public String write(Object value) {
                return "\n[\"mapped\"]\n";
            }

            @Override
            public Object read(String json, Type type) {
                throw new UnsupportedOperationException();
            }
        });
        Position at = partyline.topic("orders").publishOnce("key", "order", 1);
        // Another message with this key is a conflict, so what was published can be seen.
        assertThat(partyline.topic("orders").publishOnce("key", "order", new RawJson(" [\"mapped\"] "))).isEqualTo(at);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000, 1008, 3000, 4000, 4099, 4500, 4599, 5000})
    void closeCodeOfTheProtocolIsNotTheApplications(int code) {
        assertThatIllegalArgumentException().isThrownBy(() -> partyline.closeLine("line", code, "")).withMessage("close code " + code
            + " is not an application's: 4100 to 4499 have the browser reconnect, 4600 to 4999 have it stay away");
        assertThatIllegalArgumentException().isThrownBy(() -> partyline.closeLineOfTab("tab", code, ""));
        assertThatIllegalArgumentException().isThrownBy(() -> partyline.closeLinesOfUser("ann", code, ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {4100, 4499, 4600, 4999})
    void closeCodeOfAnApplicationIsAllowedAndALineThatIsNotThereIsNotClosed(int code) {
        assertThat(partyline.closeLine("line", code, "é".repeat(61))).isFalse();
        assertThat(partyline.closeLineOfTab("tab", code, "")).isFalse();
        assertThat(partyline.closeLinesOfUser("ann", code, "")).isZero();
    }

    @Test
    void reasonThatDoesNotFitIntoACloseFrameIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> partyline.closeLine("line", 4600, "é".repeat(62))).withMessage("the reason has 124 bytes in UTF-8, at most 123 are allowed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "@user:ann", "", "a b"})
    void nobodyIsTakenOffATopicThatNobodyJoins(String topic) {
        assertThatIllegalArgumentException().isThrownBy(() -> partyline.removeLineFromTopic("line", topic, "why"));
        assertThatIllegalArgumentException().isThrownBy(() -> partyline.removeUserFromTopic("ann", topic, "why"));
    }

    @Test
    void afterCommitSaysWhatIsMissingWhereThereAreNoTransactions() {
        List<ThrowingCallable> ways = List.of(partyline::afterCommit, () -> partyline.topic("orders").afterCommit(), () -> partyline.user("ann").afterCommit());
        assertThat(ways).allSatisfy(way -> assertThatIllegalStateException().isThrownBy(way).withMessageContaining("java:comp/TransactionSynchronizationRegistry, which is not there"));
    }

    /** Consoles and agents use these names: a change of one belongs in CHANGELOG.md. */
    @Test
    void managedBeanHasTheseAttributesAndGoesWhenItIsUnregistered() throws JMException {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        ObjectName name = new ObjectName("dev.partyline:type=Partyline,context=" + ObjectName.quote(CONTEXT));

        jmx.register();

        assertThat(Stream.of(beans.getMBeanInfo(name).getAttributes()).map(attribute -> attribute.getName() + " " + attribute.getType())).containsExactlyInAnyOrder(
            "Lines int", "HeldLines int", "Tabs int", "Topics int", "MessagesIn long", "BatchesOut long", "SlowCloses long", "Draining boolean",
            "Host java.lang.String", "Version java.lang.String", "Started boolean", "Superseded boolean");
        assertThat(Stream.of(beans.getMBeanInfo(name).getOperations()).map(operation -> operation.getName())).containsExactly("drain");
        beans.invoke(name, "drain", null, null);
        assertThat(beans.getAttribute(name, "Draining")).isEqualTo(true);

        jmx.unregister();
        assertThat(beans.isRegistered(name)).isFalse();
    }

    /** Two versions of an application, one of which ends before the other. */
    @Test
    void mbeansOfTheSameContextDoNotCollide() throws JMException {
        MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
        ObjectName first = new ObjectName("dev.partyline:type=Partyline,context=" + ObjectName.quote(CONTEXT));
        ObjectName second = new ObjectName(first + ",instance=2");
        PartylineJmx newer = new PartylineJmx(partyline, Deployed.at(CONTEXT));
        jmx.register();
        newer.register();
        assertThat(beans.isRegistered(first) && beans.isRegistered(second)).isTrue();

        jmx.unregister();
        assertThat(beans.isRegistered(first)).isFalse();
        assertThat(beans.isRegistered(second)).as("the newer one").isTrue();
        newer.unregister();
        assertThat(beans.isRegistered(second)).isFalse();
    }
}
