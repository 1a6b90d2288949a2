// A page that is asked for tokens: "NAME 1", "NAME 2" and so on; `?options={...}` goes to connect() as well.
import { connect } from '/partyline/main.js';

const query = new URLSearchParams(location.search);
const name = query.get('name');
let asked = 0;
const options = { ...JSON.parse(query.get('options') ?? '{}'), token: async () => `${name} ${++asked}` };

/** What became of a promise, in words that a test can carry away. */
async function outcome(promise) {
  try {
    return { value: (await promise) ?? null };
  } catch (error) {
    return { code: error.code ?? error.name, retryable: error.retryable ?? null };
  }
}

Object.assign(window, { connect, options, line: connect(options), outcome });
