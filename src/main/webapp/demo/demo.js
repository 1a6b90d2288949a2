/**
 * The demo page. Everything on it is done with the public API; each part below shows one use.
 */
import { connect } from '../main.js';

const line = connect();

// The state of the line, and how many tabs share it.

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
  byId('mode').textContent =
    mode === 'shared' ? 'a shared worker' : `no other tab: this one has its own connection (${modeReason})`;
  byId('mode').dataset.mode = mode;
  const diagram = byId('diagram');
  while (diagram.children.length > Math.min(tabs, 40)) diagram.lastElementChild?.remove();
  while (diagram.children.length < Math.min(tabs, 40)) diagram.append(copyOf('box'));
  diagram.parentElement?.toggleAttribute('data-open', open);
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

// A message to myself: a request, whose reply goes to this tab only.

onSubmit('self', async (text) => {
  try {
    const reply = await line.request('message', { text });
    byId('self-reply').textContent = show(reply);
    received('reply', reply);
  } catch (error) {
    byId('self-reply').textContent = String(error);
  }
});

// The game: the replies go to the playing tab only.

let returned = 0;
let fastest = Infinity;
const serve = /** @type {HTMLButtonElement} */ (byId('serve'));

serve.addEventListener('click', () =>
  whileDisabled(serve, async () => {
    byId('table').dataset.ball = 'away';
    const start = performance.now();
    try {
      received('ball', await line.request('ball', { ball: returned + 1 }));
      fastest = Math.min(fastest, performance.now() - start);
      byId('returned').textContent = String(++returned);
      byId('fastest').textContent = `fastest ${fastest.toFixed(1)} ms`;
    } catch (error) {
      byId('fastest').textContent = String(error);
    }
    // The reply comes before the animation ends: let the ball arrive before it returns.
    await new Promise((resolve) => setTimeout(resolve, 180));
    delete byId('table').dataset.ball;
  }),
);

// The notification: every tab receives it and shows the count in its title.

let unread = 0;

line.join('demo.notifications', (value, message) => {
  received('everyone', message);
  showUnread(unread + 1);
  prepend('notifications', 'notification', 5, (item) => {
    fill(item, 'time', timeOf(Date.now()));
    // The sender is known by the name that the topic gives it: `line.id` is an address, which others must not learn.
    const sender = message.from === line.id ? 'this tab' : `tab ${message.from ?? 'of the server'}`;
    fill(item, 'span', `${value?.text ?? ''} from ${sender}`);
  });
});

byId('notify').addEventListener('click', () => line.publish('demo.notifications', { text: 'A notification' }).catch(showError));
byId('read').addEventListener('click', () => showUnread(0));

/** @param {number} number */
function showUnread(number) {
  unread = number;
  byId('unread').textContent = String(unread);
  document.title = unread ? `(${unread}) Partyline` : 'Partyline';
}

// Chat: every tab that joined the topic receives the messages.

line.join(
  'demo.chat',
  (value, message) => {
    received('everyone', message);
    const item = copyOf('chat-message');
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
  await line.publish('demo.chat', { text }).catch(showError);
});

// A typed request, and its reply.

for (const fileName of ['a.txt', 'party.txt', 'old-notes.md']) {
  const item = copyOf('file');
  fill(item, 'code', fileName);
  const button = /** @type {HTMLButtonElement} */ (item.querySelector('button'));
  button.setAttribute('aria-label', `Delete ${fileName}`);
  button.addEventListener('click', () =>
    whileDisabled(button, async () => {
      try {
        const reply = await line.request('deleteFile', { fileName, deletedBy: line.id });
        received('reply', reply);
        byId('delete-reply').textContent = `${fileName}: ${show(reply)}`;
      } catch (error) {
        byId('delete-reply').textContent = String(error);
      }
    }),
  );
  byId('files').append(item);
}

// Broadcasts, and all other messages for this tab or for every tab.

line.on('*', (_value, message) => received(message.from === undefined ? 'everyone' : 'this tab', message));
line.on('gap', (gap) => received('gap', gap));
line.on('error', showError);
line.on('upgrade', ({ version }) => received('upgrade', `version ${version} is no longer supported: reload this page`));

/**
 * @param {string} how
 * @param {unknown} what
 */
function received(how, what) {
  prepend('received', 'entry', 50, (item) => {
    item.classList.toggle('everyone', how === 'everyone');
    fill(item, 'time', timeOf(Date.now()));
    fill(item, 'b', how);
    fill(item, 'code', show(what));
  });
  const box = byId('diagram').firstElementChild;
  box?.classList.remove('receives');
  // Reading the layout restarts the animation.
  void (/** @type {HTMLElement | null} */ (box)?.offsetWidth);
  box?.classList.add('receives');
}

/** @param {unknown} error */
function showError(error) {
  received('error', String(error));
}

// DOM functions.

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
 * A disabled button loses the focus. Gives it back, unless the user has moved it in the meantime.
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
  return typeof what === 'string' ? what : (JSON.stringify(what) ?? 'an empty reply');
}

/** @param {number} time */
function timeOf(time) {
  return new Date(time).toLocaleTimeString('en-GB');
}
