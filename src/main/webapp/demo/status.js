/** Shows, once a second, what sharing saves on this server. The server asks for the API's key where one is set. */
import { connect } from '../main.js';

const line = connect();
/** Never stored: whoever reloads this page types it again. @type {string | undefined} */
let key;

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  key = /** @type {HTMLInputElement} */ (byId('key')).value;
});

look();

async function look() {
  try {
    show(await line.request('partyline.status', { key }));
    byId('key-form').hidden = true;
    tell(line.status.state);
  } catch (error) {
    const { code, message } = /** @type {import('../main.js').LineError} */ (error);
    tell(message);
    if (code === 'unauthenticated') byId('key-form').hidden = false;
  }
  setTimeout(look, 1_000);
}

/** @param {Record<string, number>} status  what StatusAnswer.java tells */
function show(status) {
  byId('tabs').textContent = format(status.tabs);
  byId('tabs-word').textContent = status.tabs === 1 ? 'tab' : 'tabs';
  byId('sockets').textContent = format(status.sockets);
  byId('sockets-word').textContent = status.sockets === 1 ? 'connection' : 'connections';
  const saved = Math.max(0, status.tabs - status.sockets);
  byId('saved').textContent =
    `Without sharing there would be ${format(saved)} more: ${Math.round((100 * saved) / Math.max(1, status.tabs))} % of all.`;
  byId('figures').replaceChildren(
    ...[
      ['lines that wait for their browser now', status.held],
      ['topics that are kept now', status.topics],
      ['WebSocket messages in', status.messagesIn],
      ['messages out', status.framesOut],
      ['WebSocket messages they went out in', status.messagesOut],
      ['gaps told', status.gaps],
      ['sockets closed because nobody read', status.slowCloses],
    ].map(([name, value]) => {
      const row = copyOf('row');
      row.children[0].textContent = String(name);
      row.children[1].textContent = format(Number(value));
      return row;
    }),
  );
}

/** @param {string} what  how the line is, or what keeps us from telling */
function tell(what) {
  byId('state').textContent = what;
  byId('state').dataset.state = line.status.state;
}

/** @param {number} number */
function format(number) {
  return number.toLocaleString('en');
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} template */
function copyOf(template) {
  const content = /** @type {HTMLTemplateElement} */ (document.getElementById(template)).content;
  return /** @type {HTMLElement} */ (/** @type {Element} */ (content.firstElementChild).cloneNode(true));
}
