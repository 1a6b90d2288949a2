/**
 * The error of every rejected promise of a line, except aborted ones, which reject with their signal's reason.
 *
 * The code is for programs, the message for people. Codes of the server are listed in PROTOCOL.md; the browser half adds:
 *
 * | code | meaning |
 * |---|---|
 * | `timeout` | no reply in time; the request may have been run |
 * | `expired` | waited for a connection longer than a minute; never sent |
 * | `queue_full` | the queue for a connection is full; never sent |
 * | `too_large` | larger than the server's limit; never run |
 * | `bad_value` | the value cannot be written as JSON, or exceeds a limit; never sent |
 * | `closed` | the line is closed, or was closed while the message was queued |
 * | `lost` | sent, but the line ended before the reply; whether the request was run is unknown |
 * | `worker_lost` | the worker died; whether the request was run is unknown |
 * | `user_changed` | the user of the line has changed; never sent as the new user |
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
    /** For programs: a code of the table above, of PROTOCOL.md or of the application. */
    this.code = code;
    /** Whether the same call may succeed later. */
    this.retryable = retryable;
  }

  /** As a plain object, which can be posted. */
  toJSON() {
    return { code: this.code, message: this.message, retryable: this.retryable };
  }

  /**
   * @param {unknown} plain  an error that was posted, or received from the server
   * @returns {LineError}
   */
  static from(plain) {
    if (plain instanceof LineError) return plain;
    const { code, message, retryable } = /** @type {Record<string, unknown>} */ (Object(plain));
    return new LineError(typeof code === 'string' ? code : 'failed', typeof message === 'string' ? message : describe(plain), {
      retryable: retryable === true,
      cause: plain instanceof Error ? plain : undefined,
    });
  }
}

/**
 * What has no message, such as the `Response` of a `fetch`, which as text would be `[object Response]`.
 * @param {unknown} thrown
 */
function describe(thrown) {
  const { status } = /** @type {Record<string, unknown>} */ (Object(thrown));
  return typeof status === 'number' ? `status ${status}` : String(thrown);
}
