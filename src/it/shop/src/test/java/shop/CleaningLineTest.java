package shop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.partyline.test.TestPartyline;
import dev.partyline.test.TestTab;
import org.junit.jupiter.api.Test;

/** With the test kit as an application has it: by its classifier, and from a package of its own. */
class CleaningLineTest {

    @Test
    void userDecidesWhatIsDeleted() {
        try (TestPartyline test = TestPartyline.start()) {
            new CleaningLine().register(test.partyline());
            TestTab ann = test.tab("ann");

            ann.answer("confirm", Confirm.class, question -> question.text().equals("Delete all files?"));
            assertEquals("deleted", ann.request("deleteAll", null, String.class));

            ann.answer("confirm", Confirm.class, question -> false);
            assertEquals("kept", ann.request("deleteAll", null, String.class));
        }
    }
}
