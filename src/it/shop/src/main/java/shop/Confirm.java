package shop;

/** What the page asks its user. */
public record Confirm(String text) {
}
