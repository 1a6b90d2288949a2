import assert from 'node:assert/strict';
import { test } from 'node:test';
import { watchPageLifecycle } from '../../../main/webapp/partyline/tab/page-lifecycle.js';
import { FakeClock } from '../fakes.js';

/** A page whose events are fired as browsers do, and what it heard of them. */
function open({ hidden = false } = {}) {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden });
  const clock = new FakeClock();
  const log = [];
  const note = (what) => () => log.push(what);
  const events = {
    hide: note('hide'),
    leave: note('leave'),
    show: note('show'),
    visibility: (now) => log.push(now ? 'hidden' : 'visible'),
    wake: note('wake'),
  };
  const stop = watchPageLifecycle(events, { window, document, clock });
  const fire = (type, members = {}) => window.dispatchEvent(Object.assign(new Event(type), members));
  const setHidden = (now) => {
    document.hidden = now;
    let stopped = false;
    const event = new Event('visibilitychange', { cancelable: true });
    event.stopPropagation = () => {
      stopped = true;
    };
    document.dispatchEvent(event);
    if (!stopped) fire('visibilitychange');
  };
  return { window, document, clock, log, note, stop, fire, setHidden };
}

test('a visible page that ends leaves after its own listeners of pagehide and visibilitychange', () => {
  const { window, document, log, note, fire, setHidden } = open();
  window.addEventListener('pagehide', note('own pagehide'));
  document.addEventListener('visibilitychange', note('own visibilitychange'));
  window.addEventListener('visibilitychange', note('own visibilitychange of the window'));
  fire('pagehide');
  setHidden(true);
  assert.deepEqual(log, [
    'hide',
    'own pagehide',
    'own visibilitychange',
    'own visibilitychange of the window',
    'leave',
    'hidden',
  ]);
});

test('a hidden page that ends leaves after the listeners of pagehide that it had when it was hidden', () => {
  const { window, log, note, fire, setHidden } = open();
  window.addEventListener('pagehide', note('own pagehide'));
  setHidden(true);
  fire('pagehide');
  assert.deepEqual(log, ['hidden', 'own pagehide', 'hide', 'leave']);
});

test('a page whose visibilitychange is stopped or never comes leaves in its next task, and once', async () => {
  for (const stopped of [true, false]) {
    const { document, clock, log, fire, setHidden } = open();
    if (stopped) document.addEventListener('visibilitychange', (event) => event.stopPropagation());
    fire('pagehide');
    if (stopped) setHidden(true);
    assert.deepEqual(log, ['hide']);
    await clock.pass(0);
    await clock.pass(1_000);
    assert.deepEqual(log, ['hide', 'leave']);
  }
});

test('a page that comes back from the back/forward cache has left before', async () => {
  for (const visibilityChanges of [true, false]) {
    const { clock, log, fire, setHidden } = open();
    for (let round = 0; round < 2; round++) {
      fire('pagehide', { persisted: true });
      if (visibilityChanges) setHidden(true);
      if (visibilityChanges) setHidden(false);
      fire('pageshow', { persisted: true });
      await clock.pass(1_000);
    }
    const round = visibilityChanges ? ['hide', 'leave', 'hidden', 'visible', 'show'] : ['hide', 'leave', 'show'];
    assert.deepEqual(log, [...round, ...round]);
  }
});

test('a page that is only hidden stays, and one that is not watched any more is told nothing', async () => {
  const { clock, log, stop, fire, setHidden } = open();
  setHidden(true);
  setHidden(false);
  assert.deepEqual(log, ['hidden', 'visible']);
  fire('pagehide');
  stop();
  setHidden(true);
  fire('pagehide');
  await clock.pass(1_000);
  assert.deepEqual(log, ['hidden', 'visible', 'hide']);
});
