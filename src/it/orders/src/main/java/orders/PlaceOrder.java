package orders;

/** What a tab requests. */
public record PlaceOrder(String item) {
}
