package shop;

import dev.partyline.Partyline;
import jakarta.servlet.ServletContextEvent;
import jakarta.servlet.ServletContextListener;
import jakarta.servlet.annotation.WebListener;

/** The README's smallest application. */
@WebListener
public class ShopLine implements ServletContextListener {

    @Override
    public void contextInitialized(ServletContextEvent event) {
        Partyline partyline = Partyline.of(event.getServletContext());
        partyline.on("deleteFile", DeleteFile.class, call -> {
            Deleted deleted = new Deleted(call.value().fileName(), call.tab());
            partyline.topic("files").publish("deleted", deleted);
            return deleted;
        });
        partyline.policy(new ShopPolicy()); // who may join "files"
    }
}
