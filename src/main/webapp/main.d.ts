/**
 * Connects this tab to the line of this browser: the session that all its tabs share, with one WebSocket in a SharedWorker.
 *
 * Returns immediately; messages sent before the line is open are queued. Another call with the same `url`, `worker`, `app`,
 * `identity` and `mode` returns the same line until it is closed; `token` and `debug` are those of the first call. Without
 * SharedWorker everything works the same over a WebSocket of this tab, and `line.status.mode` is `direct`.
 *
 * ```js
 * import { connect } from './main.js';
 *
 * const line = connect();
 * line.on('price', (price) => show(price));
 * const deleted = await line.request('deleteFile', { fileName: 'a.txt' });
 * ```
 */
export declare function connect(options?: ConnectOptions): Line;

export interface ConnectOptions {
  /**
   * The server's endpoint, as `ws:`, `wss:`, `http:`, `https:` or relative to the page. Default: `line` in the folder of the
   * worker's file, where the WAR serves it. A bundler puts the worker elsewhere: pass the endpoint then.
   */
  url?: string | URL;
  /**
   * The worker's file, on the page's origin, the same for every tab. Default: `worker.js` in the folder of main.js; Vite and
   * other bundlers that support `new SharedWorker(new URL(…, import.meta.url))` build it as a separate file.
   */
  worker?: string | URL;
  /** Separates applications of one origin that use the same endpoint. Default: none. */
  app?: string;
  /**
   * Separates users: two identities never share a connection, and a message of one user is never sent as another. Pass the
   * user's name or id (it is not a secret), and nothing for anonymous users. If the server reports another user for a line
   * than before, or none, queued messages reject with `user_changed` or `closed`, and the line is closed for every tab: if there
   * is no user any more, with the code 4505. Default: none.
   */
  identity?: string;
  /**
   * Authenticates the user, if a cookie does not. A function is called in one live tab, visible tabs first, before each
   * connection. `reason` is `connect`, `expired` (reported by the server) or `login` (check the login). Reject with
   * `new LineError('unauthenticated', …)`, or with a value whose `status` is 401 or 403, to stop: the line is closed with
   * 4501, or with 4505 if the reason is `login`, since the server has reported that the login has ended. Other rejections are
   * retried. An invalid token, which is not a string of 1 to 16,384 characters, stops as well. A tab must answer within 10 s.
   */
  token?: string | ((ask: { reason: 'connect' | 'expired' | 'login' }) => string | Promise<string>);
  /** `direct`: use a WebSocket of this tab. Default: `shared`, with `direct` as fallback. Other values throw. */
  mode?: 'shared' | 'direct';
  /**
   * Mirrors the worker's event log into this tab: true for the console, or a function. Default: true if the page's address
   * has a `debug` parameter.
   */
  debug?: boolean | ((entry: LogEntry) => void);
}

/** The shared session of one browser, as seen by one tab. */
export interface Line {
  /**
   * This tab's id, by which the server sends messages to it: the `from` of everything it sends. New at each page load. Other
   * browsers do not learn it.
   */
  readonly id: string;

  /** The current status. An immutable object, replaced at each change. */
  readonly status: Status;

  /**
   * Listens to messages of one type, sent to this tab or to every tab; `'*'` to all messages, including those without a type.
   * A listener that throws does not affect others. The server refuses to send messages of the types `status`, `gap`, `upgrade`
   * and `error`, the events below.
   * @returns removes the listener
   */
  on(type: string, fn: (value: any, message: Message) => void, options?: { signal?: AbortSignal }): () => void;
  /** Listens to changes of `line.status`. */
  on(type: 'status', fn: (now: Status, before: Status) => void, options?: { signal?: AbortSignal }): () => void;
  /** Messages of a topic are lost: fetch again the state that was built from it. Topic `@tab`: messages to this tab. */
  on(type: 'gap', fn: (gap: Gap) => void, options?: { signal?: AbortSignal }): () => void;
  /**
   * The server no longer supports this version: reload the page when convenient. Emitted once, across reloads too: a page
   * that reloads at once and gets the old files from a cache must not reload for ever.
   */
  on(type: 'upgrade', fn: (upgrade: { version: string }) => void, options?: { signal?: AbortSignal }): () => void;
  /** Listens to errors that reject no promise. */
  on(type: 'error', fn: (error: LineError) => void, options?: { signal?: AbortSignal }): () => void;

  /**
   * Answers questions of one type that the server asks this tab (`Partyline.ask`). What `fn` returns, or its promise resolves
   * with, is the answer; what it throws is an error: a `LineError` with its code, anything else with `failed` and its message,
   * and is reported like an exception of a listener. For one question it runs once, over reconnects too. The server may have
   * stopped waiting by the time of the answer, which then has no effect. A question of a type without an answer fails with
   * `unknown_type`; no `on` listener receives a question. One function per type: another one throws `conflict`.
   * @param fn gets the value and the message, whose `id` is that of the question
   * @returns removes the function
   */
  answer(type: string, fn: (value: any, message: Message) => unknown, options?: { signal?: AbortSignal }): () => void;

  /**
   * Sends a message. While the line is down, messages are queued: at most 256 messages or 1 MiB per tab, for at most 60 s. On
   * an open line a burst is sent in order, as fast as the server accepts it, and as much may wait as that is in 60 s; the promise
   * tells when a message has gone. What does not fit rejects with `queue_full`.
   *
   * A page that ends may send from its listeners of `visibilitychange`, `pagehide` and `beforeunload`: on an open line that
   * arrives while another tab lives, except what a tab that Firefox closes sends from `pagehide`. The last tab of all, and a
   * tab in direct mode, use `navigator.sendBeacon` to an endpoint of the application instead; README has an example.
   *
   * @param type 1 to 128 characters of `A-Z a-z 0-9 _ . : / -`
   * @param value any value that can be written as JSON without a change; optional. What JSON would change or leave out in silence
   *   rejects with `bad_value` and its path: `NaN`, `Infinity`, `BigInt`, functions, invalid dates, `undefined` in arrays, and
   *   objects of a class without `toJSON`, such as `Map`, `Set`, `ArrayBuffer`, `Blob` and `File`
   * @param options `drop`: fire and forget; sent now or never, and the promise resolves immediately
   * @returns resolves when the server has accepted the message; rejects with a {@link LineError}, or with the signal's reason
   */
  send(type: string, value?: unknown, options?: { drop?: boolean; signal?: AbortSignal }): Promise<void>;

  /**
   * Sends a request to the server. Only this tab receives the reply. A reconnect does not run a request twice.
   *
   * @param options `timeout`: milliseconds from 0, default 10 000, `Infinity` for no timeout
   * @returns the value of the reply; rejects with the server's error, `timeout`, `lost` or another {@link LineError}, or with
   *   the signal's reason
   */
  request<T = any>(type: string, value?: unknown, options?: { timeout?: number; signal?: AbortSignal }): Promise<T>;

  /**
   * Subscribes to a topic. The line subscribes once for all its tabs, and unsubscribes when the last tab leaves.
   *
   * Messages arrive in order, each exactly once; if messages are missing, a `gap` event reports it. `since` requests the
   * messages after a position (an earlier `subscription.position`), or with `'start'` all retained messages: the current state
   * of a topic that retains its latest message, the history of one that retains more. Without `since`, the subscription starts
   * with the next message. Without `fn`, use `for await`, one loop per subscription. Throws `bad_value` for an invalid `since`.
   */
  join(topic: string, fn: (value: any, message: TopicMessage) => void, options?: JoinOptions): Subscription;
  join(topic: string, options?: JoinOptions): Subscription;

  /**
   * Publishes to a topic, if the server's access policy allows it. The message is appended once, even if a reconnect resends it.
   * A page that ends may publish as it may `send`.
   * @returns resolves when the server has appended the message; rejects like `send`
   */
  publish(topic: string, value?: unknown, options?: { signal?: AbortSignal }): Promise<any>;

  /** Resolves when the line is open; rejects only if it is closed permanently, or with the signal's reason. */
  ready(options?: { signal?: AbortSignal }): Promise<Status>;

  /** The internal state, for bug reports: versions, tabs, topics, queues, the last hundred events. */
  inspect(): Promise<Inspection>;

  /**
   * Detaches this tab. Pending promises reject with `closed`. The connection is closed a few seconds after the last tab.
   * @param options `everywhere`: closes the line for all tabs of this browser immediately and discards queued messages; for logout
   */
  close(options?: { everywhere?: boolean }): void;
}

export interface Status {
  /** `waiting`: the connection is lost, and the next attempt starts at `retryAt`. `closed`: permanently closed. */
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed';
  /** `direct`: this tab has a WebSocket of its own, for the reason in `modeReason`. */
  readonly mode: 'shared' | 'direct';
  readonly modeReason?: string;
  /**
   * The last close code, see PROTOCOL.md. 4100 to 4499 and 4600 to 4999 are the application's: after the former the line
   * reconnects, after the latter it is closed. Closed with 4505: the user is not logged in any more, show the login.
   */
  readonly code?: number;
  /** Why the connection was closed, in the words of the server or of the application. */
  readonly reason?: string;
  /** In milliseconds since the epoch. */
  readonly retryAt?: number;
  /** The number of tabs on this line. */
  readonly tabs: number;
  /** The user of this line, according to the server. */
  readonly user?: string;
}

/** A position in a topic's log. Opaque: pass it back unchanged. */
export type Position = [epoch: string, offset: number];

/** A message as received: its type, its value, and further members that the sender added. */
export interface Message {
  readonly type?: string;
  readonly value?: any;
  /**
   * Of a topic's message: `line.id` if this tab published it; another tab has a name that differs from all others and is no
   * tab id; absent if the server published it. Of other messages: this tab's id, or absent if it is for every tab.
   */
  readonly from?: string;
  readonly [member: string]: any;
}

export interface TopicMessage extends Message {
  readonly topic: string;
  readonly at: Position;
}

export interface JoinOptions {
  /** Null, which is the `position` of a subscription before its first message, means the same as no `since`. */
  since?: Position | 'start' | null;
  /**
   * How many messages wait for a `for await` loop that is slower than its topic, besides the older ones that `since` asked for:
   * a number from 1 to `Infinity`, default 1,024. If more wait, the oldest are dropped, and the event `gap` is emitted once for
   * a run of them, when the loop comes to their place.
   */
  buffer?: number;
  signal?: AbortSignal;
}

export interface Subscription extends AsyncIterable<TopicMessage> {
  readonly topic: string;
  /** The position of the last message received or, after a `gap`, lost; or null. */
  readonly position: Position | null;
  /** Resolves when the server has confirmed the subscription; rejects with its error, which the `error` event reports too. */
  readonly ready: Promise<{ at: Position; gap: boolean }>;
  /**
   * Resolves when the subscription has ended: with undefined after `close`, with the error if the server has refused it, or has
   * taken the line off the topic (`removed`, or `forbidden` after a change of roles), or if the line was closed. The `error` event
   * reports what the server did, too, and a `for await` loop throws it.
   */
  readonly closed: Promise<LineError | undefined>;
  close(): void;
}

export interface Gap {
  readonly topic: string;
  /** The next message is the one after this position. */
  readonly at?: Position;
}

export interface LogEntry {
  /** In milliseconds since the epoch. */
  at: number;
  what: string;
}

export interface Inspection {
  readonly status: Status;
  readonly tab: {
    id: string;
    version: string;
    mode: 'shared' | 'direct';
    modeReason?: string;
    worker?: string;
    topics: string[];
  };
  /** The following members come from the worker and are absent if the line is closed. */
  readonly version?: string;
  readonly worker?: string;
  readonly url?: string;
  readonly line?: string;
  readonly tabs?: { id: string; hidden: boolean; topics: string[]; waiting: number; unconfirmed: number }[];
  readonly pages?: string[];
  readonly topics?: { topic: string; at: Position | null; kept: number; tabs: string[] }[];
  readonly waiting?: number;
  readonly unanswered?: number;
  readonly limits?: Record<string, number>;
  readonly counts?: Record<string, number>;
  readonly log?: LogEntry[];
}

/**
 * The error of every rejected promise of a line. Exceptions: an aborted call rejects with the signal's reason, and an invalid
 * name with a `TypeError`. `code` is a code of PROTOCOL.md, of the application, or `timeout` `expired` `queue_full`
 * `too_large` `bad_value` `closed` `lost` `worker_lost` `user_changed`.
 */
export declare class LineError extends Error {
  constructor(code: string, message: string, options?: { retryable?: boolean; cause?: unknown });
  readonly code: string;
  /** Whether the same call may succeed later. For `timeout` only if the server has not begun, and never will. */
  readonly retryable: boolean;
}

/** The version of this code. */
export declare const VERSION: string;
