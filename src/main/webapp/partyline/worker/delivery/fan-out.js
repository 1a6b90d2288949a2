/**
 * How many frames are in one text at most. A browser makes a string of a hundred thousand characters in memory of its
 * own, which is fresh each time; and all that is read from one text is in memory at once.
 */
const TOGETHER = 64;

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
  #ring;
  /** @type {Map<string, Slice>} what the last tab that got all there is got */
  #shares = new Map();

  /** @param {(topic: string) => import('../topics/topic-log.js').TopicLog | undefined} ring */
  constructor(ring) {
    this.#ring = ring;
  }

  /**
   * Whether a topic goes on after a place.
   * @param {string} topic
   * @param {Position} at
   */
  goesOn(topic, at) {
    const end = this.#ring(topic)?.end;
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
    const known = this.#shares.get(topic);
    if (known && isSame(known.from, at) && known.frames <= room.frames && known.chars <= room.chars) return known;
    const ring = /** @type {import('../topics/topic-log.js').TopicLog} */ (this.#ring(topic));
    const from = ring.covers(at) ? at : ring.start;
    const texts = [];
    let to = from;
    let chars = 0;
    for (const { offset, text } of ring.after(from, room.frames)) {
      if (chars >= room.chars) break;
      texts.push(text);
      chars += text.length;
      to = [ring.end[0], offset];
    }
    const share = { from, to, frames: texts.length, chars, texts: together(texts) };
    if (isSame(to, ring.end)) this.#shares.set(topic, share);
    return share;
  }
}

/** @param {string[]} frames */
function together(frames) {
  const texts = [];
  for (let i = 0; i < frames.length; i += TOGETHER) texts.push(`[${frames.slice(i, i + TOGETHER).join(',')}]`);
  return texts;
}

/**
 * @param {Position} place
 * @param {Position} other
 */
const isSame = (place, other) => place[1] === other[1] && place[0] === other[0];
