import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PlainPages } from '../../../main/webapp/partyline/worker/plain-pages.js';
import { FakePort } from '../fakes.js';

test('plain pages are bounded, and known again when they post', () => {
  const pages = new PlainPages({ channel: { postMessage() {} } });
  const ports = Array.from({ length: 300 }, () => new FakePort());
  for (const [n, { port }] of ports.entries()) pages.touch(port, `p${n}`);
  assert.equal(pages.size, 256);
  assert.equal(pages.deliver({ from: 'p0' }), false);
  pages.touch(ports[0].port, 'p0');
  assert.equal(pages.deliver({ from: 'p0' }), true);
});

test('one plain page has a bounded number of ids, and takes none from another', () => {
  const pages = new PlainPages({ channel: { postMessage() {} } });
  const [chameleon, other] = [new FakePort(), new FakePort()];
  pages.touch(chameleon.port, 'shared');
  pages.touch(other.port, 'shared');
  for (let n = 0; n < 1_000; n++) pages.touch(chameleon.port, `p${n}`);
  pages.touch(chameleon.port, '<b>');
  assert.equal(pages.size, 65);
  assert.equal(pages.deliver({ from: 'p0' }), false);
  assert.equal(pages.deliver({ from: 'p999' }), true);
  assert.equal(pages.deliver({ from: 'shared' }), true);
  assert.equal(other.plain.length, 1);
  pages.remove(chameleon.port);
  assert.deepEqual(pages.ids(), ['shared']);
});
