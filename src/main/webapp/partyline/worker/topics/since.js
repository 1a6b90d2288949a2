/**
 * From where a tab wants to hear a topic, and whether that is at hand.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 * @typedef {import('./topic-log.js').TopicLog} TopicLog
 * @typedef {import('./topic.js').Since} Since
 * @typedef {import('./topic.js').Topic} Topic
 * @typedef {import('./topic.js').PendingJoin} PendingJoin
 */

/**
 * A place in no log: the server answers it with all that it still keeps.
 * @type {Position}
 */
export const BEFORE_ALL = ['0', 0];

/**
 * Of the places that tabs ask from before the topic is joined, the earliest: who asked from later skips what comes first.
 * @param {Pick<PendingJoin, 'since'>[]} waiting
 * @returns {Position | null}
 */
export function earliest(waiting) {
  const places = waiting.flatMap(({ since }) => (since === null ? [] : [since === 'start' ? BEFORE_ALL : since]));
  if (places.length === 0) return null;
  // Places of several lives of a topic have no order, and BEFORE_ALL is of none: then it is all or nothing.
  if (places.some(([epoch]) => epoch !== places[0][0])) return BEFORE_ALL;
  return places.reduce((first, place) => (place[1] < first[1] ? place : first));
}

/**
 * Whether the worker itself has what is asked for.
 * @param {Topic} topic
 * @param {Since} since
 */
export function reaches({ ring, origin }, since) {
  if (!ring || since === null) return true;
  return since === 'start' ? ring.start[0] === origin?.[0] && ring.start[1] === origin[1] : ring.covers(since);
}

/**
 * Whether the server was asked for as much as this when the topic was joined: then there is no more to be had.
 * @param {Topic} topic
 * @param {Since} since
 */
export function sufficed({ asked, ring, origin }, since) {
  if (since === null || origin) return true;
  return asked !== null && since !== 'start' && since[0] === asked[0] && since[0] === ring?.end[0] && since[1] >= asked[1];
}

/**
 * The server goes on at this place: in another life of the topic, or after messages that are gone for everyone.
 * @param {TopicLog} ring
 * @param {{ at: Position, gap: boolean }} place
 */
export function moveOn(ring, { at, gap }) {
  if (at[0] !== ring.end[0] || (gap && at[1] > ring.end[1])) ring.reset(at);
}

/**
 * What a tab that is at this place has heard of these.
 * @param {Position} place
 * @param {{ frame: import('../../shared/frames.js').Frame }[]} kept
 */
export function upTo([epoch, offset], kept) {
  return kept.map(({ frame }) => frame).filter(({ at }) => at?.[0] === epoch && at[1] <= offset);
}
