/** What a page loads for direct mode: the hub, which otherwise runs in the worker. The build makes one file of it, as of main.js. */
export { startHub } from './worker/start.js';
