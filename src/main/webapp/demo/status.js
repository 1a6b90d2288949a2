/** Shows how many connections sharing saves on this server, updated once a second. The server requires the API's key if one is set. */
import { connect } from '../main.js';

const line = connect();
/** Never stored: after a reload it must be entered again. @type {string | undefined} */
let key;

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  key = /** @type {HTMLInputElement} */ (byId('key')).value;
});

refresh();

async function refresh() {
  try {
    show(await line.request('partyline.status', { key }));
    byId('key-form').hidden = true;
    showState(line.status.state);
  } catch (error) {
    const { code, message } = /** @type {import('../main.js').LineError} */ (error);
    showState(message);
    if (code === 'unauthenticated') byId('key-form').hidden = false;
  }
  setTimeout(refresh, 1_000);
}

/** @param {Record<string, number>} status  the reply of the server's status handler */
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
      ['held lines', status.held],
      ['topics', status.topics],
      ['WebSocket messages in', status.messagesIn],
      ['WebSocket messages out', status.messagesOut],
      ['messages in them', status.framesOut],
      ['gaps reported', status.gaps],
      ['connections closed because of a slow reader', status.slowCloses],
    ].map(([name, value]) => {
      const row = copyOf('row');
      row.children[0].textContent = String(name);
      row.children[1].textContent = format(Number(value));
      return row;
    }),
  );
}

/** @param {string} what  the state of the line, or why there are no figures */
function showState(what) {
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
