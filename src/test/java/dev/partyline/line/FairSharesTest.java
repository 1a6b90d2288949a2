package dev.partyline.line;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FairSharesTest {

    @ParameterizedTest
    @CsvSource({
        "'10 20 30', 60, none",
        "'10 20 30', 59, 29",
        "'10 20 30', 50, 20",
        "'10 20 30', 45, 17",
        "'10 20 30', 30, 10",
        "'10 20 30', 3, 1",
        "'10 20 30', 0, 0",
        "'30 10 20', 45, 17",
        "'100', 40, 40",
        "'1 1 1 1000', 100, 97",
    })
    void levelCutsTheLargestAndNoOther(String amounts, long total, String level) {
        long[] all = Arrays.stream(amounts.split(" ")).mapToLong(Long::parseLong).toArray();

        assertThat(FairShares.level(all, total)).isEqualTo(level.equals("none") ? Long.MAX_VALUE : Long.parseLong(level));
    }

    @Test
    void nothingNeedsNoLevel() {
        assertThat(FairShares.level(new long[0], 0)).isEqualTo(Long.MAX_VALUE);
    }
}
