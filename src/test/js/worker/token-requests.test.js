import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TokenRequests } from '../../../main/webapp/partyline/worker/token-requests.js';
import { FakeClock, settled } from '../fakes.js';

test('tokens are asked of visible tabs first, and of another when one dies or is silent', async () => {
  const clock = new FakeClock();
  const tokens = new TokenRequests(clock);
  const tab = (id, hidden, givesTokens = true) => ({ id, hidden, givesTokens });
  const tabs = [tab('hidden', true), tab('mute', false, false), tab('dies', false), tab('silent', false), tab('good', true)];
  const asked = [];
  const token = tokens.get(
    () => tabs,
    'connect',
    (one, frame) => asked.push([one.id, frame]),
  );
  await settled();
  tokens.removeTab(tabs[2]);
  await settled();
  await clock.pass(10_000);
  tokens.onReply({ n: asked[1][1].n, token: 'too late' });
  assert.deepEqual(
    asked.map(([id]) => id),
    ['dies', 'silent', 'hidden'],
  );
  tokens.onReply({ n: asked[2][1].n, token: 'T' });
  assert.equal(await token, 'T');
});

test('a tab that answers unauthenticated ends the search', async () => {
  const tokens = new TokenRequests(new FakeClock());
  const tabs = [
    { id: 'a', givesTokens: true, hidden: false },
    { id: 'b', givesTokens: true, hidden: false },
  ];
  const asked = [];
  const token = tokens.get(
    () => tabs,
    'connect',
    (_tab, { n }) => asked.push(n),
  );
  await settled();
  tokens.onReply({ n: asked[0], error: { code: 'unauthenticated', message: 'log in' } });
  await assert.rejects(token, ({ code, retryable }) => code === 'unauthenticated' && !retryable);
  assert.equal(asked.length, 1);
});

test('tabs that fail for now leave an error that is worth a retry; no tabs with tokens mean none', async () => {
  const tokens = new TokenRequests(new FakeClock());
  assert.equal(
    await tokens.get(
      () => [],
      'connect',
      () => {},
    ),
    undefined,
  );
  const token = tokens.get(
    () => [tabA],
    'connect',
    (_tab, { n }) => tokens.onReply({ n, error: { code: 'failed', message: 'x' } }),
  );
  await assert.rejects(token, ({ retryable }) => retryable);
});
const tabA = { id: 'a', givesTokens: true, hidden: false };
