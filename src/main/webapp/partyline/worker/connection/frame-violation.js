import { isControlFrame, isJoinResult, isObject, isPosition } from '../../shared/frames.js';

/** The longest delay that browsers accept for a timer; a longer one ends at once. */
const MAX_MS = 2 ** 31 - 1;

/** The limits that the browser half reads. PROTOCOL.md allows others, which are ignored. */
const LIMITS = [
  'message',
  'window',
  'ack',
  'ackMessages',
  'rate',
  'burst',
  'tabs',
  'topics',
  'depth',
  'members',
  'number',
  'name',
];

/** @param {unknown} value */
const isString = (value) => typeof value === 'string';
/** @param {unknown} value */
const isCount = (value) => Number.isSafeInteger(value) && /** @type {number} */ (value) >= 0;
/** @param {unknown} value */
const isDelay = (value) => typeof value === 'number' && value >= 0 && value <= MAX_MS;
/** @param {(value: any) => boolean} check */
const optional = (check) => (/** @type {unknown} */ value) => value === undefined || check(value);

/** @param {any} limits */
const areLimits = (limits) =>
  isObject(limits) && LIMITS.every((name) => limits[name] === undefined || (Number.isFinite(limits[name]) && limits[name] >= 0));
/** @param {any} topics */
const areTopics = (topics) =>
  isObject(topics) && Object.values(topics).every((joined) => isJoinResult(joined) || isObject(joined?.error));

/** @type {Record<string, Record<string, (value: any) => boolean>>} */
const CONTROL_FRAMES = {
  $welcome: {
    line: isString,
    key: isString,
    resumed: (value) => typeof value === 'boolean',
    heard: isCount,
    inbox: isCount,
    user: optional(isString),
    ping: optional((value) => isDelay(value) && value > 0),
    limits: optional(areLimits),
    topics: areTopics,
  },
  $gap: { topic: isString, at: isPosition },
  $bye: { code: isCount, after: optional(isDelay), reason: optional(isString) },
};

const TOPIC_MESSAGE = {
  topic: isString,
  at: (/** @type {unknown} */ at) => isPosition(at) && at[1] > 0,
  from: optional(isString),
};
const REPLY = {
  re: (/** @type {unknown} */ re) => isCount(re) && re !== 0,
  from: optional(isString),
  error: optional(isObject),
};
const INBOX_MESSAGE = { from: optional(isString) };

/**
 * What is malformed in a frame of the server: the member that has another type or range than PROTOCOL.md says. This is the only
 * place that checks it; what comes after may rely on the types of shared/frames.js. Values and unknown members are not checked.
 *
 * @param {import('../../shared/frames.js').Frame} frame
 * @returns {string | undefined} the same text for the same kind of violation, so that it can be reported once
 */
export function findFrameViolation(frame) {
  if (!optional(isString)(frame.type)) return 'type';
  const [kind, members] = membersOf(frame);
  const name = Object.keys(members).find((member) => !members[member](frame[member]));
  return name && `${kind}.${name}`;
}

/**
 * @param {import('../../shared/frames.js').Frame} frame
 * @returns {[kind: string, members: Record<string, (value: any) => boolean>]}
 */
function membersOf(frame) {
  const { type } = frame;
  if (type !== undefined && isControlFrame(frame)) return [type, Object.hasOwn(CONTROL_FRAMES, type) ? CONTROL_FRAMES[type] : {}];
  if (frame.topic !== undefined) return ['topic message', TOPIC_MESSAGE];
  return frame.re === undefined ? ['message', INBOX_MESSAGE] : ['reply', REPLY];
}
