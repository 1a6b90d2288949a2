/**
 * The shared worker: one switchboard on one wire, for all tabs of this browser.
 *
 * It is a classic script, since pages in the style of the post build it with `new SharedWorker("worker.js")`, and it
 * imports the modules. A browser fires `connect` only at those who listen from the start, so ports that come before the
 * modules are here wait; what is said on them waits inside them.
 */
'use strict';

(() => {
  // Our own tabs name the worker and say what to connect to; pages in the style of the post expect it to know.
  const named = globalThis.name?.startsWith('partyline') ?? false;
  /**
   * @param {MessagePort} port
   * @param {import('./partyline/shared/port-protocol.js').LinkFrame} frame
   */
  const post = (port, frame) => port.postMessage([frame]);
  /** @type {MessagePort[]} */
  const early = [];
  /** @type {(port: MessagePort) => void} */
  let plug = (port) => {
    early.push(port);
    // On a slow network the modules take their time; our own tabs are told that somebody is here.
    if (named) post(port, { type: '$starting' });
  };

  globalThis.addEventListener('connect', (event) => plug(/** @type {MessageEvent} */ (event).ports[0]));

  // The line's endpoint is beside this file: /partyline/worker.js talks to /partyline/line.
  const url = new URL('line', globalThis.location.href);
  url.protocol = url.protocol.replace('http', 'ws');

  import('./partyline/worker/start.js')
    .then(async ({ startHub }) => {
      const hub = await startHub({ mode: 'shared', named, url: url.href });
      const note = (/** @type {string} */ what) => hub.log.add(what);
      globalThis.addEventListener('error', ({ message }) => note(`error: ${message}`));
      globalThis.addEventListener('unhandledrejection', ({ reason }) => note(`unhandled rejection: ${reason}`));
      plug = (port) => hub.connect(port);
      for (const port of early.splice(0)) plug(port);
      if (!named) hub.startDefault();
    })
    .catch((error) => {
      // Nobody can look into a worker, so the tabs are told; they carry on in direct mode.
      plug = (port) => post(port, { type: '$startFailed', reason: String(error) });
      for (const port of early.splice(0)) plug(port);
    });
})();
