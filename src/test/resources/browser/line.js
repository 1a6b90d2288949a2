// A page on a line. `?options={...}` goes to connect(), which `?build=NAME` takes from another build, see ClientBuild; what it
// hears is kept for the test to look at. With `?reloads` it counts how often it was loaded, and reloads when it is told of a
// newer version.
const query = new URLSearchParams(location.search);
const { connect } = await import(query.has('build') ? `/pages/${query.get('build')}/main.js` : '/partyline/main.js');
const line = connect(JSON.parse(query.get('options') ?? '{}'));
const heard = [];
// Every close code so far: the status keeps the latest only, and the next attempt may fail with another soon.
const codes = [];
line.on('status', ({ code }) => codes.push(code));

/** Keeps what comes by this type, from now on. */
function listen(type) {
  return line.on(type, (value) => heard.push({ type, value }));
}

/** Joins a topic and keeps what it brings, in order; of numbered messages the number. */
function join(topic, options) {
  return line.join(topic, (value) => heard.push({ topic, value: value?.fill === undefined ? value : value.n }), options);
}

/** Publishes messages of about 8 KB that are numbered from 0, as fast as a tab may. */
async function publishNumbered(topic, count) {
  const fill = 'x'.repeat(8_000);
  for (let n = 0; n < count; ) {
    const some = [];
    for (; some.length < 50 && n < count; n++) some.push(line.publish(topic, { n, fill }));
    await Promise.all(some);
  }
}

/** What became of a promise, in words that a test can carry away. */
async function outcome(promise) {
  try {
    return { value: (await promise) ?? null };
  } catch (error) {
    return { code: error.code ?? error.name, retryable: error.retryable ?? null };
  }
}

if (query.has('reloads')) {
  sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1;
  line.on('upgrade', () => location.reload());
}

Object.assign(window, { connect, line, heard, codes, listen, join, publishNumbered, outcome });
