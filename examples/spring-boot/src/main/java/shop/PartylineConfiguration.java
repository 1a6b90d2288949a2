package shop;

import dev.partyline.Partyline;
import jakarta.servlet.ServletContext;
import org.springframework.boot.web.servlet.ServletContextInitializer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;

/** Partyline as a bean. */
@Configuration
public class PartylineConfiguration {

    @Bean(destroyMethod = "close")
    Partyline partyline(ServletContext context) {
        return Partyline.install(context).policy(new ShopPolicy());
    }

    /** Has the bean created while the server starts, which takes no filters and servlets later. */
    @Bean
    ServletContextInitializer partylineStart(Partyline partyline) {
        return context -> { };
    }

    /** Takes leave of the browsers before the server closes its connections. */
    @Bean
    PartylineEnd partylineEnd(Partyline partyline) {
        return new PartylineEnd(partyline);
    }

    record PartylineEnd(Partyline partyline) {

        @EventListener(ContextClosedEvent.class)
        void close() {
            partyline.close();
        }
    }
}
