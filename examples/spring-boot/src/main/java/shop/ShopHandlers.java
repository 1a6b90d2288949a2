package shop;

import dev.partyline.Partyline;
import dev.partyline.handler.Call;
import org.springframework.stereotype.Component;

/** What tabs may request. Spring creates it, with all that it needs, before the server accepts connections. */
@Component
public class ShopHandlers {

    private final Partyline partyline;
    private final Files files;

    ShopHandlers(Partyline partyline, Files files) {
        this.partyline = partyline;
        this.files = files;
        partyline.on("deleteFile", DeleteFile.class, this::delete);
    }

    /** What is requested. */
    public record DeleteFile(String fileName) {
    }

    /** The answer. */
    public record Deleted(String fileName, int left) {
    }

    private Deleted delete(Call<DeleteFile> call) {
        Deleted deleted = new Deleted(call.value().fileName(), files.delete(call.value().fileName()));
        partyline.topic("files").publish("deleted", deleted);
        return deleted;
    }
}
