import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TabConnection } from '../../../main/webapp/partyline/worker/tabs/tab-connection.js';
import { TokenRequests } from '../../../main/webapp/partyline/worker/token-requests.js';
import { FakeClock, settled } from '../fakes.js';

/** Tabs that are asked for a token; `asked` has the ids and frames. */
function start(tabs, { onRequest = (_tab, _frame) => {} } = {}) {
  const clock = new FakeClock();
  const asked = [];
  const tokens = new TokenRequests({
    clock,
    tabs: () => tabs,
    post(one, frame) {
      asked.push([one.id, frame]);
      onRequest(one, frame);
    },
  });
  return { clock, tokens, asked };
}
const tab = (id, { hidden = false, givesTokens = true } = {}) =>
  new TabConnection({ id, port: null, hidden, givesTokens, debug: false, now: 0 });

test('tokens are asked of visible tabs first, and of another when one dies or is silent', async () => {
  const dies = tab('dies');
  const tabs = [
    tab('hidden', { hidden: true }),
    tab('mute', { givesTokens: false }),
    dies,
    tab('silent'),
    tab('good', { hidden: true }),
  ];
  const { clock, tokens, asked } = start(tabs);
  const token = tokens.get('connect');
  await settled();
  dies.close();
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
  const { tokens, asked } = start([tab('a'), tab('b')]);
  const token = tokens.get('connect');
  await settled();
  tokens.onReply({ n: asked[0][1].n, error: { code: 'unauthenticated', message: 'log in' } });
  await assert.rejects(token, ({ code, retryable }) => code === 'unauthenticated' && !retryable);
  assert.equal(asked.length, 1);
});

test('tabs that fail for now leave a retryable error', async () => {
  const { tokens } = start([tab('a')], {
    onRequest: (_tab, { n }) => tokens.onReply({ n, error: { code: 'failed', message: 'x' } }),
  });
  await assert.rejects(tokens.get('connect'), ({ retryable }) => retryable);
});

test('without a tab that has a token option there is no token', async () => {
  assert.equal(await start([]).tokens.get('connect'), undefined);
  assert.equal(await start([tab('mute', { givesTokens: false })]).tokens.get('connect'), undefined);
});
