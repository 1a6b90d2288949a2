package shop;

/** What a tab asks for. */
public record DeleteFile(String fileName) {
}
