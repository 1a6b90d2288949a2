/**
 * The demo: everything on the page is the library and nothing else. Each part below is one use of it.
 */
import { connect } from '../main.js';

const line = connect();

// The line: how it is, and how many tabs share it.

line.on('status', showStatus);
byId('tab-id').textContent = line.id;
showStatus(line.status);

/** @param {import('../main.js').Status} status */
function showStatus({ state, mode, modeReason, tabs, reason, retryAt }) {
  const open = state === 'open';
  count('tabs', tabs, 'tab');
  count('connections', open ? 1 : 0, 'connection');
  const output = byId('state');
  output.dataset.state = state;
  const when = retryAt ? `, next try ${timeOf(retryAt)}` : '';
  output.textContent = open ? 'open' : `${state}${reason ? ` (${reason})` : ''}${when}`;
  byId('mode').textContent = mode === 'shared' ? 'a shared worker' : `nobody: this tab has its own (${modeReason})`;
  byId('mode').dataset.mode = mode;
  const street = byId('street');
  while (street.children.length > Math.min(tabs, 40)) street.lastElementChild?.remove();
  while (street.children.length < Math.min(tabs, 40)) street.append(copyOf('house'));
  street.parentElement?.toggleAttribute('data-open', open);
}

/**
 * @param {string} id
 * @param {number} number
 * @param {string} word
 */
function count(id, number, word) {
  byId(id).textContent = String(number);
  byId(`${id}-word`).textContent = number === 1 ? word : `${word}s`;
}

// A message to myself: a request, whose reply only this tab hears.

onSubmit('self', async (text) => {
  try {
    const reply = await line.request('message', { text });
    byId('self-reply').textContent = show(reply);
    heard('reply', reply);
  } catch (error) {
    byId('self-reply').textContent = String(error);
  }
});

// The game: only the tab that plays hears of its balls.

let returned = 0;
let fastest = Infinity;
const serve = /** @type {HTMLButtonElement} */ (byId('serve'));

serve.addEventListener('click', () =>
  whileDisabled(serve, async () => {
    byId('table').dataset.ball = 'away';
    const start = performance.now();
    try {
      heard('ball', await line.request('ball', { ball: returned + 1 }));
      fastest = Math.min(fastest, performance.now() - start);
      byId('returned').textContent = String(++returned);
      byId('fastest').textContent = `fastest ${fastest.toFixed(1)} ms`;
    } catch (error) {
      byId('fastest').textContent = String(error);
    }
    // The ball is quicker than the eye: let it arrive before it returns.
    await new Promise((resolve) => setTimeout(resolve, 180));
    delete byId('table').dataset.ball;
  }),
);

// The notification: every tab hears it, and says so in its title.

let unread = 0;

line.join('demo.notifications', (value, message) => {
  heard('everyone', message);
  showUnread(unread + 1);
  prepend('notifications', 'notification', 5, (item) => {
    fill(item, 'time', timeOf(Date.now()));
    fill(item, 'span', String(value?.text ?? ''));
  });
});

byId('notify').addEventListener('click', () =>
  line.publish('demo.notifications', { text: `Tab ${line.id} has news` }).catch(complain),
);
byId('read').addEventListener('click', () => showUnread(0));

/** @param {number} number */
function showUnread(number) {
  unread = number;
  byId('unread').textContent = String(unread);
  document.title = unread ? `(${unread}) Partyline` : 'Partyline';
}

// Chat: whoever joined the topic hears it.

line.join(
  'demo.chat',
  (value, message) => {
    heard('everyone', message);
    const item = copyOf('remark');
    const mine = message.from === line.id;
    item.classList.toggle('mine', mine);
    fill(item, 'b', mine ? 'you' : (message.from ?? 'server'));
    fill(item, 'span', String(value?.text ?? ''));
    const log = byId('chat-log');
    log.append(item);
    if (log.children.length > 100) log.firstElementChild?.remove();
    log.scrollTop = log.scrollHeight;
  },
  { since: 'start' },
);

onSubmit('chat', async (text, form) => {
  form.reset();
  await line.publish('demo.chat', { text }).catch(complain);
});

// A typed request: it waits for the answer to this one question.

for (const fileName of ['a.txt', 'party.txt', 'old-notes.md']) {
  const item = copyOf('file');
  fill(item, 'code', fileName);
  const button = /** @type {HTMLButtonElement} */ (item.querySelector('button'));
  button.setAttribute('aria-label', `Delete ${fileName}`);
  button.addEventListener('click', () =>
    whileDisabled(button, async () => {
      try {
        const reply = await line.request('deleteFile', { fileName, deletedBy: line.id });
        heard('reply', reply);
        byId('delete-reply').textContent = `${fileName}: ${show(reply)}`;
      } catch (error) {
        byId('delete-reply').textContent = String(error);
      }
    }),
  );
  byId('files').append(item);
}

// Broadcasts, and whatever else comes for this tab or for all.

line.on('*', (_value, message) => heard(message.from === undefined ? 'everyone' : 'this tab', message));
line.on('gap', (gap) => heard('gap', gap));
line.on('error', complain);
line.on('upgrade', ({ version }) => heard('upgrade', `version ${version} is no longer spoken: reload this page`));

/**
 * @param {string} how
 * @param {unknown} what
 */
function heard(how, what) {
  prepend('heard', 'entry', 50, (item) => {
    item.classList.toggle('everyone', how === 'everyone');
    fill(item, 'time', timeOf(Date.now()));
    fill(item, 'b', how);
    fill(item, 'code', show(what));
  });
  const house = byId('street').firstElementChild;
  house?.classList.remove('rings');
  // Reading the layout lets the same animation start again.
  void (/** @type {HTMLElement | null} */ (house)?.offsetWidth);
  house?.classList.add('rings');
}

/** @param {unknown} error */
function complain(error) {
  heard('error', String(error));
}

// What the page is written with.

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} template */
function copyOf(template) {
  const { content } = /** @type {HTMLTemplateElement} */ (byId(template));
  return /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (content.firstElementChild).cloneNode(true));
}

/**
 * @param {HTMLElement} item
 * @param {string} selector
 * @param {string} text
 */
function fill(item, selector, text) {
  /** @type {HTMLElement} */ (item.querySelector(selector)).textContent = text;
}

/**
 * @param {string} list
 * @param {string} template
 * @param {number} limit
 * @param {(item: HTMLElement) => void} write
 */
function prepend(list, template, limit, write) {
  const item = copyOf(template);
  write(item);
  const parent = byId(list);
  parent.prepend(item);
  while (parent.children.length > limit) parent.lastElementChild?.remove();
}

/**
 * @param {string} id
 * @param {(text: string, form: HTMLFormElement) => void} act
 */
function onSubmit(id, act) {
  const form = /** @type {HTMLFormElement} */ (byId(id));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    act(String(new FormData(form).get('text')), form);
  });
}

/**
 * A button that is disabled loses the focus. It gets that back, unless the person has gone elsewhere meanwhile.
 *
 * @param {HTMLButtonElement} button
 * @param {() => Promise<void>} work
 */
async function whileDisabled(button, work) {
  const focused = document.activeElement === button;
  button.disabled = true;
  await work();
  button.disabled = false;
  if (focused && (document.activeElement === document.body || document.activeElement === null)) button.focus();
}

/** @param {unknown} what */
function show(what) {
  return typeof what === 'string' ? what : (JSON.stringify(what) ?? 'an empty answer');
}

/** @param {number} time */
function timeOf(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}
