package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import dev.partyline.testing.Growth;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PendingCursorsTest {

    private final PendingCursors pending = new PendingCursors();

    @Test
    void cursorsAreServedInTheOrderInWhichTheyWereAdded() {
        List<Cursor> cursors = cursors(4);
        cursors.forEach(pending::add);
        pending.remove(cursors.get(1));
        pending.add(cursors.get(1));

        assertThat(pending.count()).isEqualTo(4);
        assertThat(List.of(pending.removeFirst(), pending.removeFirst(), pending.removeFirst(), pending.removeFirst()))
            .containsExactly(cursors.get(0), cursors.get(2), cursors.get(3), cursors.get(1));
        assertThat(pending.isEmpty()).isTrue();
    }

    @Test
    void firstLastAndOnlyCursorCanBeRemoved() {
        List<Cursor> cursors = cursors(3);
        cursors.forEach(pending::add);
        pending.remove(cursors.get(2));
        pending.remove(cursors.get(0));
        pending.remove(cursors.get(1));

        assertThat(pending.isEmpty()).isTrue();
        assertThat(cursors).noneMatch(cursor -> cursor.pending);
        pending.add(cursors.get(2));
        assertThat(pending.removeFirst()).isSameAs(cursors.get(2));
    }

    @Test
    void lineLeavesAllItsTopicsInProportionalTime() {
        Growth.assertProportional(4000, n -> {
            List<Cursor> cursors = cursors(n);
            return () -> {
                cursors.forEach(pending::add);
                for (int i = n - 1; i >= 0; i--) {
                    pending.remove(cursors.get(i));
                }
            };
        });
    }

    private static List<Cursor> cursors(int count) {
        List<Cursor> cursors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            cursors.add(new Cursor(null, null));
        }
        return cursors;
    }
}
