/**
 * How many frames are in one text at most. A browser makes a string of a hundred thousand characters in memory of its
 * own, which is fresh each time; and all that is read from one text is in memory at once.
 */
const MAX_CHUNK_FRAMES = 64;

/**
 * One walk over the tabs that have something to get. Tabs that keep up are at the same place in a topic, so what lies
 * after it is joined to texts once and shared, as the server's operators do for lines.
 *
 * @typedef {import('../../shared/frames.js').Position} Position
 *
 * @typedef {object} Slice  what a tab is to get of a topic
 * @property {Position} from  where it begins; elsewhere than asked if something before is gone
 * @property {Position} to
 * @property {number} frames
 * @property {number} chars  of them
 * @property {string[]} texts  JSON arrays, each of several
 */
export class FanOut {
  #logOf;
  /** @type {Map<string, Slice>} what the last tab that got all there is got */
  #slices = new Map();

  /** @param {(topic: string) => import('../topics/topic-log.js').TopicLog | undefined} logOf */
  constructor(logOf) {
    this.#logOf = logOf;
  }

  /**
   * Whether a topic goes on after a place.
   * @param {string} topic
   * @param {Position} at
   */
  hasMore(topic, at) {
    const end = this.#logOf(topic)?.end;
    return end !== undefined && (end[1] !== at[1] || end[0] !== at[0]);
  }

  /**
   * What lies after a place, as far as there is room. One message more than there is room for may be in it.
   * @param {string} topic
   * @param {Position} at
   * @param {{ frames: number, chars: number }} room
   * @returns {Slice}
   */
  read(topic, at, room) {
    const cached = this.#slices.get(topic);
    if (cached && isSame(cached.from, at) && cached.frames <= room.frames && cached.chars <= room.chars) return cached;
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
    if (isSame(to, log.end)) this.#slices.set(topic, slice);
    return slice;
  }
}

/** @param {string[]} frames */
function chunk(frames) {
  const texts = [];
  for (let i = 0; i < frames.length; i += MAX_CHUNK_FRAMES) texts.push(`[${frames.slice(i, i + MAX_CHUNK_FRAMES).join(',')}]`);
  return texts;
}

/**
 * @param {Position} position
 * @param {Position} other
 */
const isSame = (position, other) => position[1] === other[1] && position[0] === other[0];
