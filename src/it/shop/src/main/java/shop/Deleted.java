package shop;

/** What the asking tab hears, and all others through the topic. */
public record Deleted(String fileName, String by) {
}
