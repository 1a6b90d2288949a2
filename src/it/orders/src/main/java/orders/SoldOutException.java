package orders;

/** There is no more of an item. */
public class SoldOutException extends RuntimeException {

    private static final long serialVersionUID = 1;

    public SoldOutException(String item) {
        super(item + " are sold out");
    }
}
