import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { toJson } from '../../../main/webapp/partyline/tab/to-json.js';

const refused = (value) => {
  try {
    return `was written as ${toJson(value)}`;
  } catch (error) {
    assert.equal(error.code, 'bad_value');
    return error.message;
  }
};

test('what JSON can write is written as JSON.stringify writes it', () => {
  const nested = { a: [1, 'x', null, true, { b: [] }], 'odd name': { c: -0 }, none: undefined };
  const values = [undefined, null, 0, 'text', false, [], {}, nested, new Date(0), Object.create(null), [nested, nested]];
  values.push(new Number(1), new String('x'), new Boolean(false), new URL('https://x.example/'), { toJSON: () => ({ x: 1 }) });
  values.push(runInNewContext('({ a: [1], b: {} })'), new Proxy({ a: new Proxy([1], {}) }, {}));
  for (const value of values) assert.equal(toJson(value), JSON.stringify(value));
});

test('what JSON would change in silence is refused with its path', () => {
  const cases = [
    [Number.NaN, /^the value is NaN/],
    [{ price: Number.NaN }, /^value\.price is NaN, which JSON would change to null$/],
    [{ rows: [{ a: 1 }, { a: { b: [0, Infinity] } }] }, /^value\.rows\[1\]\.a\.b\[1\] is Infinity/],
    [{ 'a b': { x: 1n } }, /^value\["a b"\]\.x is a BigInt/],
    [[1, undefined, 2], /^value\[1\] is undefined/],
    [[undefined], /^value\[0\] is undefined/],
    [{ a: { b: 1 }, save() {} }, /^value\.save is a function/],
    [{ s: Symbol('x') }, /^value\.s is a symbol/],
    [Symbol('x'), /^the value is a symbol/],
    [() => {}, /^the value is a function/],
    [{ at: new Date(Number.NaN) }, /^value\.at is an invalid date/],
    [{ deep: { m: new Map([[1, 2]]) } }, /^value\.deep\.m is of Map/],
    [new Set([1]), /^the value is of Set/],
    [new Uint8Array(2), /^the value is of Uint8Array/],
    [[new ArrayBuffer(2)], /^value\[0\] is of ArrayBuffer/],
    [{ file: new Blob(['x']) }, /^value\.file is of Blob/],
    [/x/, /^the value is of RegExp/],
    [new Error('x'), /^the value is of Error/],
    [Promise.resolve(1), /^the value is of Promise/],
    [
      new (class Money {
        amount = 1;
      })(),
      /^the value is of Money/,
    ],
    [new Number(Number.NaN), /^the value is NaN/],
    [{ a: [{ toJSON: () => ({ b: Number.NaN }) }] }, /^value\.a\[0\]\.b is NaN/],
  ];
  for (const [value, message] of cases) assert.match(refused(value), message);
});

test('a value that contains itself is refused, and so is one whose toJSON throws', () => {
  const cycle = {};
  cycle.self = cycle;
  assert.match(refused(cycle), /^the value cannot be written as JSON: .*circular/i);
  const toJSON = () => {
    throw new Error('not today');
  };
  assert.match(refused({ toJSON }), /^the value cannot be written as JSON: not today/);
});
