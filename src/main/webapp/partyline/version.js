/**
 * The version of the browser half. It is part of the worker's URL and name, so that two builds on one origin run beside
 * each other instead of one tab's page talking to another build's worker.
 */
export const VERSION = '0.2.0';

/** The version of shared/port-protocol.js; the one of the WebSocket protocol is `PROTOCOL` in shared/frames.js. */
export const PORT_PROTOCOL = 2;
