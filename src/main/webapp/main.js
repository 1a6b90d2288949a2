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
 */
export { connect } from './partyline/tab/connect.js';
export { LineError } from './partyline/shared/errors.js';
export { VERSION } from './partyline/version.js';
