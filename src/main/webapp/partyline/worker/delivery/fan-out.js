import { isSamePosition } from '../topics/topic-log.js';

/**
 * How many frames are joined into one string at most. Browsers allocate separate memory for a string of a hundred thousand
 * characters each time; and all frames that are parsed from one string are in memory at the same time.
 */
const MAX_CHUNK_FRAMES = 64;

/**
 * The cache of one flush. Tabs that keep up have the same cursor in a topic, so the messages after it are joined once for all
 * of them, as `TopicFanOut` does on the server.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 *
 * @typedef {object} Slice  the messages of a topic after a position
 * @property {Position} from  later than requested if messages are no longer retained
 * @property {Position} to
 * @property {number} frames
 * @property {number} chars  of the frames
 * @property {string[]} texts  JSON arrays, each of several frames
 */
export class FanOut {
  #logOf;
  /** @type {Map<string, Slice>} by topic: the last slice that reached the end of the log */
  #slices = new Map();

  /** @param {(topic: string) => import('../topics/topic-log.js').TopicLog | undefined} logOf */
  constructor(logOf) {
    this.#logOf = logOf;
  }

  /**
   * Whether the topic has messages after a position.
   * @param {string} topic
   * @param {Position} at
   */
  hasMore(topic, at) {
    const end = this.#logOf(topic)?.end;
    return end !== undefined && !isSamePosition(end, at);
  }

  /**
   * The messages after a position that fit into the room; the last message may exceed it.
   * @param {string} topic
   * @param {Position} at
   * @param {{ frames: number, chars: number }} room
   * @returns {Slice}
   */
  read(topic, at, room) {
    const cached = this.#slices.get(topic);
    if (cached && isSamePosition(cached.from, at) && cached.frames <= room.frames && cached.chars <= room.chars) return cached;
    const log = /** @type {import('../topics/topic-log.js').TopicLog} */ (this.#logOf(topic));
    const from = log.contains(at) ? at : log.start;
    const texts = [];
    let to = from;
    let chars = 0;
    for (const { offset, text } of log.after(from, room.frames)) {
      if (chars >= room.chars) break;
      texts.push(text);
      chars += text.length;
      to = [log.end[0], offset];
    }
    const slice = { from, to, frames: texts.length, chars, texts: chunk(texts) };
    if (isSamePosition(to, log.end)) this.#slices.set(topic, slice);
    return slice;
  }
}

/** @param {string[]} frames */
function chunk(frames) {
  const texts = [];
  for (let i = 0; i < frames.length; i += MAX_CHUNK_FRAMES) texts.push(`[${frames.slice(i, i + MAX_CHUNK_FRAMES).join(',')}]`);
  return texts;
}
