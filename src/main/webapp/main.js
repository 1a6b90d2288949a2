/**
 * Partyline, the tab's half: one WebSocket per browser, shared by all its tabs.
 *
 * ```js
 * import { connect } from './main.js';
 *
 * const line = connect();
 * line.on('price', (price) => show(price));
 * const deleted = await line.request('deleteFile', { fileName: 'a.txt' });
 * ```
 *
 * What each method takes, promises and rejects with is written in main.d.ts, where editors find it.
 */
export { connect } from './partyline/tab/connect.js';
export { LineError } from './partyline/shared/errors.js';
export { VERSION } from './partyline/version.js';
