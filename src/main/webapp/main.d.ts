/**
 * Joins the line that all tabs of this browser share: one WebSocket, owned by a shared worker, whatever the number of tabs.
 *
 * It returns at once; what is sent before the line is open waits and goes out. Connecting again with the same `url`, `worker`,
 * `app`, `identity` and `mode` gives the same line, until it is closed; the first call's `token` and `debug` count. Where a shared worker cannot be had, everything works the same with a socket of this tab's own, and
 * `line.status.mode` says `direct`.
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
   * The server's endpoint, as `ws:`, `wss:`, `http:`, `https:` or relative to the page. Default: `line` beside the worker's
   * file, where the WAR serves it. In a bundler's build the worker lies elsewhere: name the endpoint there.
   */
  url?: string | URL;
  /**
   * The worker's file, on the page's own origin, the same for every tab. Default: `worker.js` beside main.js; Vite and
   * others that know `new SharedWorker(new URL(…, import.meta.url))` build it as a file of its own.
   */
  worker?: string | URL;
  /** Keeps apart applications on one origin that talk to one endpoint. Default: none. */
  app?: string;
  /**
   * Keeps apart users: two identities never share a socket, and what one has sent is never sent as another. Pass what names
   * the user to you (it is not a secret), and nothing for visitors. Where the server finds another user on a line than before,
   * or none, what waits rejects with `user_changed` and the line is closed for every tab. Default: none.
   */
  identity?: string;
  /**
   * What proves who the user is, where it is not a cookie. A function is called in some live tab, visible ones first,
   * before each connection: `reason` is `connect`, `expired` (the server said so) or `login` (check the login). Reject with
   * `new LineError('unauthenticated', …)`, or with anything that has `status` 401 or 403, to stop: the line is closed; other
   * rejections are tried again. A token that is no string of 1 to 16,384 characters stops as well. A tab has 10 s to answer.
   */
  token?: string | ((ask: { reason: 'connect' | 'expired' | 'login' }) => string | Promise<string>);
  /** `direct`: do not share, use a socket of this tab's own. Default: `shared`, falling back to `direct`. Others throw. */
  mode?: 'shared' | 'direct';
  /**
   * Mirrors the worker's log into this tab: true for the console, or a function. Default: true when the page's address has
   * a `debug` parameter.
   */
  debug?: boolean | ((entry: LogEntry) => void);
}

/** One browser's shared connection, as one tab sees it. */
export interface Line {
  /** This tab's id: the `from` of everything it sends. Made afresh at each page load. */
  readonly id: string;

  /** How the line is now. Replaced at each change, never changed. */
  readonly status: Status;

  /**
   * Hears messages of one type, sent to this tab or to every tab. `'*'` hears all of them, those without a type too.
   * A handler that throws does not keep others from hearing.
   * @returns stops listening
   */
  on(type: string, fn: (value: any, message: Message) => void, options?: { signal?: AbortSignal }): () => void;
  /** Hears each change of `line.status`. */
  on(type: 'status', fn: (now: Status, before: Status) => void, options?: { signal?: AbortSignal }): () => void;
  /** Hears that messages of a topic are gone for good: fetch anew what you built from it. `@tab` names messages to this tab. */
  on(type: 'gap', fn: (gap: Gap) => void, options?: { signal?: AbortSignal }): () => void;
  /**
   * Hears that the server no longer speaks this version: reload the page when it suits. Comes once, also over reloads, so
   * that a page which reloads at once and gets the old files from a cache does not reload for ever.
   */
  on(type: 'upgrade', fn: (upgrade: { version: string }) => void, options?: { signal?: AbortSignal }): () => void;
  /** Hears what failed and has no promise to reject. */
  on(type: 'error', fn: (error: LineError) => void, options?: { signal?: AbortSignal }): () => void;

  /**
   * Sends a message. While the line is down it waits: at most 256 messages or 1 MiB per tab, at most 60 s.
   *
   * @param type 1 to 128 characters of `A-Z a-z 0-9 _ . : / -`
   * @param value whatever JSON can write; it may be left out
   * @param options `drop`: fire and forget; sent now or never, and the promise resolves at once
   * @returns resolves when the server has taken it; rejects with a {@link LineError}, or with the signal's reason
   */
  send(type: string, value?: unknown, options?: { drop?: boolean; signal?: AbortSignal }): Promise<void>;

  /**
   * Asks the server; this tab alone gets the answer. Over a reconnect it is not run twice.
   *
   * @param options `timeout`: milliseconds from 0, default 10 000, `Infinity` for none
   * @returns the answer's value; rejects with the server's error, `timeout`, `lost` or another {@link LineError}, or with
   *   the signal's reason
   */
  request<T = any>(type: string, value?: unknown, options?: { timeout?: number; signal?: AbortSignal }): Promise<T>;

  /**
   * Joins a topic. Ten tabs that join one are one join at the server; the last to leave ends it.
   *
   * Every message comes in order, none twice, none missing, or a `gap` event says so. `since` asks for what came after a
   * place (`subscription.position` of earlier), or with `'start'` for all that is still kept: the present state of a topic
   * that keeps its latest message, the history of one that keeps more. Without it the topic starts now. Without `fn`, use
   * `for await`, one loop for each subscription. Throws `bad_value` for a `since` that is none.
   */
  join(topic: string, fn: (value: any, message: TopicMessage) => void, options?: JoinOptions): Subscription;
  join(topic: string, options?: JoinOptions): Subscription;

  /**
   * Publishes to a topic, where the server's policy allows it. Repeated over a reconnect, it is appended once.
   * @returns resolves when the server has appended it; rejects like `send`
   */
  publish(topic: string, value?: unknown, options?: { signal?: AbortSignal }): Promise<any>;

  /** Resolves when the line is open; rejects only when it is closed for good, or with the signal's reason. */
  ready(options?: { signal?: AbortSignal }): Promise<Status>;

  /** Shows what is inside: versions, tabs, topics, what waits, the last hundred events. For bug reports. */
  inspect(): Promise<Inspection>;

  /**
   * This tab hangs up. What is not settled rejects with `closed`. The last tab's end closes the socket a few seconds later.
   * @param options `everywhere`: for all tabs of this browser and at once; what waits is thrown away. Use it to log out
   */
  close(options?: { everywhere?: boolean }): void;
}

export interface Status {
  /** `waiting`: the socket is down, and the next attempt starts at `retryAt`. `closed`: it stays so. */
  readonly state: 'connecting' | 'open' | 'waiting' | 'closed';
  /** `direct`: this tab has a socket of its own; `modeReason` says why. */
  readonly mode: 'shared' | 'direct';
  readonly modeReason?: string;
  /** Why the socket last ended: a close code of PROTOCOL.md. */
  readonly code?: number;
  readonly reason?: string;
  /** In milliseconds since the epoch. */
  readonly retryAt?: number;
  /** How many tabs share this line. */
  readonly tabs: number;
  /** Who the server says we are. */
  readonly user?: string;
}

/** A place in a topic's log: pass it back as it is. */
export type Position = [epoch: string, offset: number];

/** A message as it came: its type, value, and whatever else the sender put beside them. */
export interface Message {
  readonly type?: string;
  readonly value?: any;
  readonly from?: string;
  readonly [member: string]: any;
}

export interface TopicMessage extends Message {
  readonly topic: string;
  readonly at: Position;
}

export interface JoinOptions {
  /** Null, as the `position` of a subscription that heard nothing, is as good as none. */
  since?: Position | 'start' | null;
  signal?: AbortSignal;
}

export interface Subscription extends AsyncIterable<TopicMessage> {
  readonly topic: string;
  /** The place of the last message heard, or null. */
  readonly position: Position | null;
  /** Resolves when the server has joined us; rejects with its refusal. It may be ignored: the `error` event tells too. */
  readonly ready: Promise<{ at: Position; gap: boolean }>;
  close(): void;
}

export interface Gap {
  readonly topic: string;
  /** The next message is the one after this. */
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
  /** What follows comes from the switchboard, and is missing when the line is closed. */
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
 * What every promise of a line rejects with, but for an aborted one, and but for a `TypeError` where a name or an option can never
 * be right. `code` is one of PROTOCOL.md's, the application's, or
 * `timeout` `expired` `queue_full` `too_large` `bad_value` `closed` `lost` `worker_lost` `user_changed`.
 */
export declare class LineError extends Error {
  constructor(code: string, message: string, options?: { retryable?: boolean; cause?: unknown });
  readonly code: string;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
}

/** The version of this code. */
export declare const VERSION: string;
