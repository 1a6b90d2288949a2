import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  isFromInbox,
  isName,
  isControlFrame,
  isTabId,
  split,
  unpack,
  withoutPosition,
  encodeMessage,
  MAX_ID_CHARS,
  measureMessage,
  withId,
} from '../../../main/webapp/partyline/shared/frames.js';

const encoded = (message, id) => withId(encodeMessage(message), id);
const frames = (text, bad) => split(text, bad).map(({ frame }) => frame);

test('several frames in one message come apart in order', () => {
  assert.deepEqual(frames('{"a":1}\n{"b":2}\n\n{"c":"x\\ny"}\n'), [{ a: 1 }, { b: 2 }, { c: 'x\ny' }]);
});

test('what was joined comes apart again', () => {
  const texts = [encoded({ type: 'x', from: 't', value: JSON.stringify('line\nbreak') }), encoded({ type: 'y', from: 't' })];
  assert.deepEqual(frames(texts.join('\n')), [
    { type: 'x', from: 't', value: 'line\nbreak' },
    { type: 'y', from: 't' },
  ]);
});

test('a line of a message that is no JSON object is reported, and the other frames are delivered', () => {
  const bad = [];
  assert.deepEqual(
    frames('{"a":1}\nnull\n[1]\n7\n{"cut":\n{"b":2}', (line) => bad.push(line)),
    [{ a: 1 }, { b: 2 }],
  );
  assert.deepEqual(bad, ['null', '[1]', '7', '{"cut":']);
});

test('each frame comes with its text, since that is what is kept and passed on', () => {
  assert.deepEqual(
    split('{"a":1.0}\n{"bb":22}').map(({ text }) => text),
    ['{"a":1.0}', '{"bb":22}'],
  );
});

test('a batch has frames, and texts of several frames, in order', () => {
  assert.deepEqual([...unpack([{ a: 1 }, '[{"b":2},{"c":3}]', { d: 4 }])], [{ a: 1 }, { b: 2 }, { c: 3 }, { d: 4 }]);
});

test('a message is written with its value untouched', () => {
  assert.equal(encoded({ type: 't', from: 'f', value: '{"a":1.0}' }, 7), '{"type":"t","from":"f","id":7,"value":{"a":1.0}}');
  assert.equal(encoded({ type: 't', from: 'f' }), '{"type":"t","from":"f"}');
});

test('only what has neither topic nor $ type counts as inbox', () => {
  assert.equal(isFromInbox({ from: 'a', re: 1 }), true);
  assert.equal(isFromInbox({ type: 'notice' }), true);
  assert.equal(isFromInbox({ error: {} }), true);
  assert.equal(isFromInbox({ topic: '*', at: ['e', 1] }), false);
  assert.equal(isFromInbox({ type: '$ping' }), false);
  assert.equal(isControlFrame({ type: '$gap' }), true);
});

test('a broadcast reaches tabs as if there were no topic behind it', () => {
  assert.deepEqual(withoutPosition({ topic: '*', at: ['e', 7], broadcast: 'b' }), { broadcast: 'b' });
});

test('names are as PROTOCOL.md says', () => {
  for (const good of ['a', 'demo.chat', 'orders/7', 'a:b_c-d', 'x'.repeat(128)]) assert.ok(isName(good), good);
  for (const bad of ['', '$x', 'a b', 'ä', 'x'.repeat(129), '*', 7, null]) assert.ok(!isName(bad), String(bad));
  for (const good of ['tab-1', 'x'.repeat(64)]) assert.ok(isTabId(good));
  for (const bad of ['', 'a.b', 'x'.repeat(65), 7, undefined]) assert.ok(!isTabId(bad));
});

const golden = JSON.parse(readFileSync(new URL('../../resources/frames.json', import.meta.url), 'utf8'));

test('every frame of the golden file is read as it is meant', () => {
  for (const { name, text, frame } of golden.down)
    assert.deepEqual(
      frames(text, () => assert.fail(name)),
      [frame],
      name,
    );
});

/** The frames of the golden file that the browser half sends, each as a message with its id. */
const sent = golden.up
  .filter(
    ({ kind, frame }) => kind === 'Publish' || (kind === 'Message' && typeof frame.type === 'string' && !('later' in frame)),
  )
  .map(({ name, text, frame: { id, value, ...rest } }) => ({
    name,
    text,
    id,
    message: { ...rest, value: JSON.stringify(value) },
  }));

test('the golden file’s messages and publishes are what we write', () => {
  for (const { name, text, id, message } of sent) assert.deepEqual(JSON.parse(encoded(message, id)), JSON.parse(text), name);
});

test('a message is measured without being encoded, with its longest id', () => {
  for (const { name, message } of sent) {
    const text = encoded(message, Number.MAX_SAFE_INTEGER);
    const { value: _value, ...members } = JSON.parse(text);
    const count = Object.keys(members).length + (message.value === undefined ? 0 : 1);
    assert.deepEqual(measureMessage(message), { chars: text.length, members: count }, name);
    assert.equal(text.length - encoded(message).length, MAX_ID_CHARS, name);
  }
});

test('the inbox frames of the golden file are those without topic and $', () => {
  const inbox = golden.down.filter(({ frame }) => isFromInbox(frame)).map(({ name }) => name);
  assert.ok(inbox.includes('a reply to the worker') && inbox.includes('a failure that concerns the line'));
  assert.ok(!inbox.includes('a gap') && !inbox.includes('a message for everyone') && !inbox.includes('a welcome back'));
});
