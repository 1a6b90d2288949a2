package orders;

import dev.partyline.Partyline;
import jakarta.inject.Inject;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.List;

/** The orders by REST. */
@Path("/orders")
@Produces(MediaType.APPLICATION_JSON)
public class OrderResource {

    @Inject
    private Orders orders;
    @Inject
    private Partyline partyline;

    @GET
    public List<String> items() {
        return orders.items();
    }

    @POST
    @Path("{item}")
    public PlacedOrder place(@PathParam("item") String item) {
        PlacedOrder order = orders.place(item);
        partyline.topic("orders").publish("placed", order);
        return order;
    }
}
