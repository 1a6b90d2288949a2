package orders;

import dev.partyline.Partyline;
import dev.partyline.handler.Call;
import dev.partyline.handler.CallException;
import dev.partyline.handler.Handler;
import jakarta.inject.Inject;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;

/** For the tests: what handlers of applications do wrong. */
@WebListener
public class Faults implements ServletContextListener {

    @Inject
    private FaultyOrders faulty;
    @Inject
    private Orders orders;
    @Inject
    private Desk desk;

    @Override
    public void contextInitialized(ServletContextEvent event) {
        if (faulty == null) {
            return;
        }
        Partyline partyline = Partyline.of(event.getServletContext());
        on(partyline, "commit", call -> faulty.commit(call.value().item()));
        on(partyline, "rollBack", call -> faulty.rollBack(call.value().item()));
        on(partyline, "leaveOpen", call -> faulty.leaveOpen(call.value().item()));
        on(partyline, "leaveOpenAndThrow", call -> {
            faulty.leaveOpen(call.value().item());
            throw new CallException("sold_out", "no apples left");
        });
        on(partyline, "leaveMarked", call -> faulty.leaveMarked(call.value().item()));
        on(partyline, "throw", call -> faulty.fail(call.value().item()));
        on(partyline, "sell", call -> desk.sell(call.value().item()));
        on(partyline, "refuse", call -> desk.refuse());
        on(partyline, "tell", call -> orders.placeAndTell(call.value().item()).getItem());
        on(partyline, "tellAndFail", call -> faulty.tellAndFail(call.value().item()));
        on(partyline, "tellCaller", call -> faulty.tellCaller(call.value().item(), call.caller()));
        on(partyline, "tellCallerAndFail", call -> faulty.tellCallerAndFail(call.value().item(), call.caller()));
        // Only on a thread of the pool, where code has a time limit.
        partyline.on("commitLate", PlaceOrder.class, call -> faulty.commitLate(call.value().item()));
        partyline.on("hang", PlaceOrder.class, call -> faulty.hang(call.value().item()));
        partyline.on("timeOut", PlaceOrder.class, call -> faulty.timeOut(call.value().item()));
    }

    /** Each on the threads of the pool, and on the thread that reads the message. */
    private static void on(Partyline partyline, String type, Handler<PlaceOrder> handler) {
        partyline.on(type, PlaceOrder.class, handler);
        partyline.on(type + ".nonBlocking", PlaceOrder.class, Handler.nonBlocking((Call<PlaceOrder> call) -> handler.handle(call)));
    }
}
