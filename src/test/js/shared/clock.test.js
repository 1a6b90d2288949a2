import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { systemClock } from '../../../main/webapp/partyline/shared/clock.js';

test('a timer that is set for longer than a browser can is not run at once', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  let runs = 0;
  systemClock.after(2 ** 31 + 5, () => runs++);
  const cancel = systemClock.after(2 ** 32, () => assert.fail('cancelled'));
  mock.timers.tick(1);
  assert.equal(runs, 0);
  mock.timers.tick(2 ** 31 - 2);
  cancel();
  mock.timers.tick(5);
  assert.equal(runs, 0);
  mock.timers.tick(1);
  assert.equal(runs, 1);
  mock.timers.tick(2 ** 31 - 1);
  mock.timers.reset();
});
