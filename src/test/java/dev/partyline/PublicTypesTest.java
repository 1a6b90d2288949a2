package dev.partyline;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Java types that applications import, with the names of their public methods. To change one of these breaks applications: CHANGELOG.md must say so. */
class PublicTypesTest {

    @ParameterizedTest
    @CsvSource(delimiter = '|', emptyValue = "", value = {
        "Partyline | afterCommit ask close closeLine closeLineOfTab closeLinesOfUser drain everyone figures health install isDraining lineOfTab listen"
            + " mapper of on onException onOthers policy present recheckLine recheckUser"
            + " removeLineFromTopic removeUserFromTopic retain settings statistics toAll toLine toTab toUser tokens topic user",
        "Partyline$Health | equals hashCode live notReady toString",
        "Partyline$Presence | equals hashCode held line plain tabs toString user",
        "Statistics | equals eventLoops handlers hashCode heldLines hungThreads limits lines memory received runningHandlers sent tabs toString topics",
        "Statistics$Received | chars equals faults hashCode messages overRate refusals toString",
        "Statistics$Sent | batches chars equals frames gaps hashCode slowCloses toString",
        "Statistics$EventLoops | busy equals hashCode iterations longestIteration toString",
        "Statistics$HandlerLatency | bounds counts equals hashCode toString total",
        "TopicHandle | afterCommit publish publishOnce",
        "TopicHandle$AfterCommit | publish publishOnce",
        "AfterCommit | toAll toLine toTab toUser",
        "Setting | meaning property standard valueOf values variable",
        "Settings | count isOn text time",
        "PartylineMXBean | drain getBatchesOut getHeldLines getHost getLines getMessagesIn getSlowCloses getTabs getTopics getVersion isDraining isStarted isSuperseded",
        "handler.Handler | handle isNonBlocking isQuick nonBlocking quick",
        "handler.Handles | nonBlocking parallel value withinSeconds",
        "handler.LineOpened | equals hashCode line toString",
        "handler.LineHeld | equals hashCode line toString",
        "handler.LineResumed | equals hashCode line toString",
        "handler.LineClosed | equals hashCode line toString",
        "handler.TabOpened | equals hashCode tab toString",
        "handler.TabHidden | equals hashCode tab toString",
        "handler.TabVisible | equals hashCode tab toString",
        "handler.TabClosed | equals hashCode tab toString",
        "handler.HandlerOptions | nonBlocking parallel standard within",
        "handler.Call | caller isRequest line tab timeLeft type user value",
        "handler.Caller | attributes equals hashCode header isInRole line locale parameter principal tab toString user",
        "handler.CallException | code retryable",
        "handler.AskException | code reason retryable",
        "handler.ValueMapper | defaultConfig of read write",
        "handler.AccessPolicy | isNonBlocking mayJoin mayPublish maySend",
        "handler.TokenVerifier | verify",
        "handler.TokenVerifier$Identity | equals expires hashCode roles toString user",
        "handler.LineListener | lineActive lineGone lineHeld lineOpened lineResumed tabGone tabHidden tabOpened tabVisible",
        "test.TestPartyline | advance browser close partyline published publishedToAll publishedToUser register settle start tab",
        "test.TestBrowser | close closed disconnect isConnected line reconnect tab user",
        "test.TestBrowser$Closed | code equals hashCode reason toString",
        "test.TestTab | answer browser close hide id join leave left next publish received request requestAsync send show",
        "test.TestCalls | caller message request",
        "test.TestHandshake | anonymous header locale of parameter roles",
        "test.Message | from json toString topic type value",
        "topic.KeyConflictException | ''",
        "topic.Retention | age chars equals hashCode history kind latest messages none toString",
        "topic.Retention$Kind | valueOf values",
        "wire.RawJson | equals hashCode text toString",
        "wire.Position | epoch equals hashCode offset toString",
    })
    void typesThatApplicationsImportKeepTheirNamesAndMethods(String type, String methods) throws ClassNotFoundException {
        Class<?> imported = Class.forName("dev.partyline." + type);
        assertThat(Modifier.isPublic(imported.getModifiers())).isTrue();
        assertThat(Stream.of(imported.getDeclaredMethods()).filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic()).map(Method::getName)
            .distinct().sorted().collect(Collectors.joining(" "))).isEqualTo(methods);
    }

    /** Applications and the outputs read it: it must not tie them to the classes that count. */
    @Test
    void statisticsExposeNoTypeOfAnInnerPackage() {
        assertThat(Stream.concat(Stream.of(Statistics.class), Stream.of(Statistics.class.getDeclaredClasses())).flatMap(type -> Stream.of(type.getRecordComponents()))
            .map(component -> component.getGenericType().getTypeName())).isNotEmpty().noneMatch(name -> name.matches(".*dev\\.partyline\\.[a-z].*"));
    }
}
