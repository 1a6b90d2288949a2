/**
 * What every rejected promise of a line rejects with (but for an aborted one, which rejects with its signal's reason).
 *
 * The code is for programs, the message for people. Codes from the server are listed in PROTOCOL.md; ours are:
 *
 * | code | meaning |
 * |---|---|
 * | `timeout` | no answer in time; it may still have been run |
 * | `expired` | it waited longer than a minute for a connection and was never sent |
 * | `queue_full` | too much waits for a connection already; it was never sent |
 * | `too_large` | larger than the server takes; it was never sent |
 * | `bad_value` | the value cannot be written as JSON; it was never sent |
 * | `closed` | the line is closed, or was closed while this waited |
 * | `lost` | it was sent, and the line was lost before the answer; whether it was run is unknown |
 * | `worker_lost` | the shared worker died with it; whether it was run is unknown |
 * | `user_changed` | somebody else is logged in now; it was never sent in their name |
 */
export class LineError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {{ retryable?: boolean, cause?: unknown }} [options]
   */
  constructor(code, message, { retryable = false, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LineError';
    /** For programs: a word of the table above or of PROTOCOL.md. */
    this.code = code;
    /** Whether the same call may succeed later. */
    this.retryable = retryable;
  }

  /** As a plain object, to cross a port or the wire. */
  toJSON() {
    return { code: this.code, message: this.message, retryable: this.retryable };
  }

  /**
   * @param {unknown} plain  what came over a port or the wire
   * @returns {LineError}
   */
  static from(plain) {
    if (plain instanceof LineError) return plain;
    const { code, message, retryable } = /** @type {Record<string, unknown>} */ (Object(plain));
    return new LineError(typeof code === 'string' ? code : 'failed', typeof message === 'string' ? message : String(plain), {
      retryable: retryable === true,
      cause: plain instanceof Error ? plain : undefined,
    });
  }
}
