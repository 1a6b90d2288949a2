import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FanOut } from '../../../../main/webapp/partyline/worker/delivery/fan-out.js';
import { TabConnection } from '../../../../main/webapp/partyline/worker/tabs/tab-connection.js';
import { FakePort } from '../../fakes.js';

test('a tab gets the newest status only, and always the one that closed its line', () => {
  const port = new FakePort();
  const tab = new TabConnection({ id: 'a', port: port.port, hidden: false, givesTokens: false, now: 0 });
  for (const state of ['connecting', 'open', 'closed', 'connecting', 'open']) tab.enqueue({ type: '$status', status: { state } });
  tab.flush(new FanOut(() => undefined));
  assert.deepEqual(
    port.take('$status').map(({ status }) => status.state),
    ['closed', 'open'],
  );
});
