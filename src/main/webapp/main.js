/**
 * Partyline: one WebSocket per browser, shared by all its tabs. This is the module that pages import.
 *
 * ```js
 * import { connect } from './main.js';
 *
 * const line = connect();
 * line.on('price', (price) => show(price));
 * const deleted = await line.request('deleteFile', { fileName: 'a.txt' });
 * ```
 *
 * The API is documented in main.d.ts, where editors find it.
 *
 * The server of Partyline serves a bundle of it, which the build makes. All addresses relative to a file are in this module, since
 * it is at the same place as the bundle. Server and bundlers look for the addresses as they are written here.
 */
import { connectWith } from './partyline/tab/connect.js';

export { LineError } from './partyline/shared/errors.js';
export { VERSION } from './partyline/version.js';

/** @type {import('./partyline/tab/connect.js').Files} */
const files = {
  main: import.meta.url,
  // Bundlers recognize exactly this form, with literal options, and build the worker as a separate file. The version in the URL is
  // that of version.js: it separates two builds and avoids cached files of an old one. With `extendedLifetime` a reload of the only
  // tab keeps the connection. Every tab must pass the same options; browsers without support ignore it.
  newWorker: (name) =>
    new SharedWorker(
      new URL('./worker.js?v=0.2.0', import.meta.url),
      /** @type {WorkerOptions} */ ({ name, extendedLifetime: true }),
    ),
  loadHub: () => import('./partyline/direct.js'),
};

/** @param {Parameters<typeof connectWith>[1]} [options] */
export const connect = (options) => connectWith(files, options);
