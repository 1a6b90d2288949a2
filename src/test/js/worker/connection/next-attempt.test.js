import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reconnectPolicy } from '../../../../main/webapp/partyline/worker/connection/close-codes.js';
import { nextAttempt } from '../../../../main/webapp/partyline/worker/connection/next-attempt.js';

const HISTORY = { failures: 0, protocolErrors: 0, after: 0, maxDelay: 20_000 };

/** The decision after a close code, for random numbers that are 0, a half and almost 1. */
function decide(code, history) {
  return [0, 0.5, 1].map((share) => nextAttempt(reconnectPolicy(code), { ...HISTORY, ...history }, () => share));
}
const delays = (code, history) => decide(code, history).map((next) => next?.delay);
const minDelays = (code, history) => decide(code, history).map((next) => next?.minDelay);
const NEVER = [undefined, undefined, undefined];

test('when the client reconnects, and how far `wake` may shorten that', () => {
  const table = [
    // close code, history, delay at random 0, 0.5 and 1, earliest attempt after `wake`
    [1006, {}, [0, 250, 500], [0, 0, 0]],
    [1006, { failures: 3 }, [0, 2_000, 4_000], [0, 0, 0]],
    [1006, { failures: 30 }, [0, 10_000, 20_000], [0, 0, 0]],
    [1006, { failures: 30, maxDelay: 60_000 }, [0, 30_000, 60_000], [0, 0, 0]],
    [1006, { after: 300 }, [300, 300, 500], [300, 300, 300]],
    [1012, {}, [0, 2_625, 5_250], [0, 2_625, 5_250]],
    [1012, { failures: 1 }, [0, 2_750, 5_500], [0, 2_750, 5_500]],
    [4000, { after: 3_000 }, [3_000, 3_000, 5_250], [3_000, 3_000, 5_250]],
    [4004, {}, [0, 250, 500], [0, 0, 0]],
    [4005, {}, [5_000, 5_125, 5_250], [5_000, 5_125, 5_250]],
    [4005, { failures: 2 }, [20_000, 20_500, 21_000], [20_000, 20_500, 21_000]],
    [4005, { failures: 9 }, [160_000, 170_000, 180_000], [160_000, 170_000, 180_000]],
    [4006, {}, [5_000, 32_625, 60_250], [5_000, 32_625, 60_250]],
    [1002, { protocolErrors: 3 }, [0, 250, 500], [0, 0, 0]],
    [1002, { protocolErrors: 4 }, NEVER, NEVER],
    [1006, { protocolErrors: 4 }, [0, 250, 500], [0, 0, 0]],
    [4500, {}, NEVER, NEVER],
    [4503, { after: 1_000 }, NEVER, NEVER],
    [4505, {}, NEVER, NEVER],
    [4507, {}, [0, 250, 500], [0, 0, 0]],
  ];
  for (const [code, history, expectedDelays, expectedMinDelays] of table) {
    const name = `${code} ${JSON.stringify(history)}`;
    assert.deepEqual(delays(code, history), expectedDelays, name);
    assert.deepEqual(minDelays(code, history), expectedMinDelays, name);
  }
});
