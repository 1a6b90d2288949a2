import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineError } from '../../../main/webapp/partyline/shared/errors.js';
import { Answers } from '../../../main/webapp/partyline/tab/answers.js';

const question = (type, value) => ({ type, value, id: 3, from: 't' });

test('the function of a type gets value and message, and its value or promise is the answer', async () => {
  const answers = new Answers();
  answers.add('double', (value) => 2 * value);
  answers.add('later', async (value, { id }) => [value, id]);
  answers.add('nothing', () => {});
  assert.deepEqual(await answers.of(question('double', 21)), { value: 42 });
  assert.deepEqual(await answers.of(question('later', 'x')), { value: ['x', 3] });
  assert.deepEqual(await answers.of(question('nothing')), { value: undefined });
});

test('what a function throws is the error: a LineError as it is, anything else as failed, and reported', async () => {
  const reported = [];
  const answers = new Answers((error) => reported.push(error));
  const bug = new Error('x'.repeat(2_000));
  answers.add('no', () => {
    throw new LineError('declined', 'the user said no', { retryable: true });
  });
  answers.add('bug', () => {
    throw bug;
  });
  answers.add('rejected', () => Promise.reject('a text'));
  const { error } = await answers.of(question('no'));
  assert.deepEqual(error.toJSON(), { code: 'declined', message: 'the user said no', retryable: true });
  assert.deepEqual((await answers.of(question('bug'))).error.toJSON(), {
    code: 'failed',
    message: 'x'.repeat(1_000),
    retryable: false,
  });
  assert.deepEqual((await answers.of(question('rejected'))).error.message, 'a text');
  assert.deepEqual(reported, [bug, 'a text']);
});

test('a type without a function is an error of its own, also after the function was removed', async () => {
  const answers = new Answers();
  assert.equal((await answers.of(question('any'))).error.code, 'unknown_type');
  const remove = answers.add('any', () => 1);
  remove();
  assert.equal((await answers.of(question('any'))).error.code, 'unknown_type');
});

test('a type has one function, and only that one is removed', async () => {
  const answers = new Answers();
  const removeFirst = answers.add('any', () => 1);
  assert.throws(
    () => answers.add('any', () => 2),
    ({ code }) => code === 'conflict',
  );
  removeFirst();
  answers.add('any', () => 2);
  removeFirst();
  assert.deepEqual(await answers.of(question('any')), { value: 2 });
});
