/** Shows the result of `line.inspect()`, so that the browser's worker inspector is not needed. */
import { connect, VERSION } from '../main.js';

const line = connect();
/** @type {import('../main.js').Inspection | undefined} */
let latest;

refresh();

async function refresh() {
  try {
    latest = await line.inspect();
    show(latest);
  } catch (error) {
    show({
      status: line.status,
      tab: { id: line.id, version: VERSION, mode: line.status.mode, topics: [] },
      log: [{ at: Date.now(), what: String(error) }],
    });
  }
  setTimeout(refresh, 1_000);
}

byId('copy').addEventListener('click', async () => {
  await navigator.clipboard.writeText(JSON.stringify(latest, null, 2));
  byId('copied').textContent = 'Copied.';
});

/** @param {import('../main.js').Inspection} inside */
function show(inside) {
  const { status, tab, tabs = [], topics = [], log = [], limits = {}, counts = {} } = inside;
  rows('facts', [
    ['state', `${status.state}${status.code ? ` (${status.code} ${status.reason ?? ''})` : ''}`],
    ['mode', `${tab.mode}${tab.modeReason ? `: ${tab.modeReason}` : ''}`],
    ['line', inside.line ?? 'none'],
    ['endpoint', inside.url ?? ''],
    ['worker', `${inside.worker ?? 'none'} (version ${inside.version ?? '?'})`],
    ['this tab', `${tab.id} (version ${tab.version})`],
    ['user', status.user ?? 'none'],
    ['queued messages', inside.waiting ?? 0],
    ['requests in flight', inside.unanswered ?? 0],
    ['undeliverable frames', counts.undeliverable ?? 0],
    [
      'limits',
      Object.entries(limits)
        .map(([name, limit]) => `${name} ${limit}`)
        .join(', '),
    ],
  ]);
  rows(
    'tabs',
    tabs.map((one) => [one.id, one.hidden ? 'hidden' : 'visible', one.topics.join(' '), one.waiting, one.unconfirmed]),
  );
  rows(
    'topics',
    topics.map((one) => [one.topic, one.at?.join(' ') ?? 'join requested', one.kept, one.tabs.length]),
  );
  byId('log').replaceChildren(
    ...[...log].reverse().map(({ at, what }) => {
      const item = copyOf('entry');
      item.children[0].textContent = new Date(at).toISOString().slice(11, 23);
      item.children[1].textContent = what;
      return item;
    }),
  );
}

/**
 * @param {string} body
 * @param {(string | number)[][]} table
 */
function rows(body, table) {
  byId(body).replaceChildren(
    ...table.map((cells) => {
      const row = copyOf('row');
      row.append(
        ...cells.map((text, column) => {
          const cell = document.createElement(body === 'facts' && column === 0 ? 'th' : 'td');
          cell.textContent = String(text);
          return cell;
        }),
      );
      return row;
    }),
  );
}

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} template */
function copyOf(template) {
  const { content } = /** @type {HTMLTemplateElement} */ (byId(template));
  return /** @type {HTMLElement} */ (/** @type {HTMLElement} */ (content.firstElementChild).cloneNode(true));
}
