/**
 * The SharedWorker: one hub with one connection, for all tabs of this browser.
 *
 * It is a classic script, because plain pages create it with `new SharedWorker("worker.js")`, and it imports the modules. A
 * browser fires `connect` only for listeners that were added at once, so ports that arrive before the modules are loaded are
 * kept; their messages wait in them.
 */
'use strict';

(() => {
  // Tabs of Partyline name the worker and post the endpoint's URL; plain pages do neither.
  const named = globalThis.name?.startsWith('partyline') ?? false;
  /**
   * @param {MessagePort} port
   * @param {import('./partyline/shared/port-protocol.js').LinkFrame} frame
   */
  const post = (port, frame) => port.postMessage([frame]);
  /** @type {MessagePort[]} */
  const early = [];
  /** @type {(port: MessagePort) => void} */
  let openPort = (port) => {
    early.push(port);
    // Loading the modules may take long; until then tabs must know that the worker runs.
    if (named) post(port, { type: '$starting' });
  };

  globalThis.addEventListener('connect', (event) => openPort(/** @type {MessageEvent} */ (event).ports[0]));

  // The line's endpoint is beside this file: /partyline/worker.js talks to /partyline/line.
  const url = new URL('line', globalThis.location.href);
  url.protocol = url.protocol.replace('http', 'ws');

  import('./partyline/worker/start.js')
    .then(async ({ startHub }) => {
      const hub = await startHub({ mode: 'shared', named, url: url.href });
      openPort = (port) => hub.connect(port);
      for (const port of early.splice(0)) openPort(port);
      if (!named) hub.startDefault();
    })
    .catch((error) => {
      // A worker has no console that a user sees, so the tabs get the reason; they continue in direct mode.
      openPort = (port) => post(port, { type: '$startFailed', reason: String(error) });
      for (const port of early.splice(0)) openPort(port);
    });
})();
