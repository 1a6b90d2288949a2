// A page on a line. `?options={...}` goes to connect(); what it hears is kept for the test to look at.
const query = new URLSearchParams(location.search);
const { connect } = await import(query.get('build') === 'next' ? '/pages/next/main.js' : '/partyline/main.js');
const line = connect(JSON.parse(query.get('options') ?? '{}'));
const heard = [];

/** Keeps what comes by this type, from now on. */
function listen(type) {
  return line.on(type, (value) => heard.push({ type, value }));
}

/** Joins a topic and keeps what it brings, in order. */
function join(topic, options) {
  return line.join(topic, (value) => heard.push({ topic, value }), options);
}

/** What became of a promise, in words that a test can carry away. */
async function outcome(promise) {
  try {
    return { value: (await promise) ?? null };
  } catch (error) {
    return { code: error.code ?? error.name, retryable: error.retryable ?? null };
  }
}

Object.assign(window, { connect, line, heard, listen, join, outcome });
