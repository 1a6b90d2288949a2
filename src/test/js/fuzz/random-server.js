import { isFromInbox } from '../../../main/webapp/partyline/shared/frames.js';

const LIMITS = { message: 65_536, window: 262_144, ack: 8_192, ackMessages: 12, rate: 50, burst: 100, tabs: 64, topics: 128 };
const MORE_LIMITS = { depth: 32, number: 40, members: 1_000, name: 128 };
/** Limits that a server may have, too. */
const ODD_LIMITS = [{}, undefined, { message: 300 }, { rate: 1, burst: 1 }, { members: 30 }, { depth: 1 }, { tabs: 1 }];
/** How many messages a topic retains. */
const RETAINED = 30;
const JUNK = [
  null,
  0,
  1,
  -1,
  1.5,
  '',
  'x',
  [],
  {},
  [1],
  ['e', 1],
  ['e', -1],
  true,
  'x'.repeat(300),
  2 ** 53,
  { a: 1 },
  '$',
  '$hello',
];
const OVERLOADED = { code: 'overloaded', message: 'the server has no capacity for it now', retryable: true };

/**
 * A server that obeys PROTOCOL.md, apart from what it is asked to do wrong, and that is slow, refuses, restarts and loses connections at random.
 *
 * - A `sane` server sends valid frames only.
 * - A `babbling` one also sends malformed frames between them, from which nothing may follow.
 * - A `lying` one also sends well-formed frames that are not true.
 */
export class RandomServer {
  /** Whether it does harm, and refuses and delays: until it is cured. */
  wild = true;
  /** Frames that were no part of the protocol or of the truth. */
  malformed = 0;
  #random;
  #network;
  #kind;
  /** @type {Map<string, { epoch: string, first: number, end: number }>} the offsets of the oldest and the newest message retained */
  #topics = new Map();
  #lines = new Map();
  /** @type {Map<any, any>} the line of a socket, null before the hello */
  #sockets = new Map();
  #epochs = 0;
  #lineNumber = 0;
  #user;

  /**
   * @param {import('./random.js').Random} random
   * @param {import('../fakes.js').FakeNetwork} network
   * @param {'sane' | 'babbling' | 'lying'} kind
   * @param {string[]} names  of topics
   */
  constructor(random, network, kind, names) {
    this.#random = random;
    this.#network = network;
    this.#kind = kind;
    for (const name of ['*', ...names]) this.#begin(name);
  }

  /** What a message at this place contains: no other has the same. */
  static valueAt(topic, [epoch, offset]) {
    return `${topic} ${epoch} ${offset}`;
  }

  /** Lets something happen on each connection. */
  step() {
    const random = this.#random;
    for (const socket of this.#network.sockets) {
      if (socket.readyState === 0 && random.chance(this.wild ? 0.5 : 1)) this.#answerHandshake(socket);
      else if (socket.readyState === 1) this.#serve(socket);
      else if (socket.readyState === 2) this.#lose(socket, 1000);
    }
    this.#network.sockets = this.#network.sockets.filter((socket) => socket.readyState < 2);
    if (!this.wild) return;
    const topics = [...this.#topics.keys()];
    for (let count = random.integer(3); count > 0; count--) this.#append(random.pick(topics));
    if (random.chance(0.01)) this.#restart();
    if (random.chance(0.02)) this.#user = random.pick([undefined, undefined, 'ann', 'bob']);
  }

  /** From now on it is sane and quick, on new connections. */
  cure() {
    this.wild = false;
    for (const socket of this.#network.sockets) if (socket.readyState === 1) this.#lose(socket, 1006);
  }

  #begin(name) {
    this.#topics.set(name, { epoch: `e${++this.#epochs}`, first: 1, end: 0 });
  }

  #append(name) {
    const topic = this.#topics.get(name);
    topic.end++;
    topic.first = Math.max(topic.first, topic.end - RETAINED + 1);
  }

  #restart() {
    for (const name of this.#topics.keys()) this.#begin(name);
    this.#lines.clear();
    for (const socket of this.#network.sockets) this.#lose(socket, this.#random.pick([1006, 1001, 4000]));
  }

  #answerHandshake(socket) {
    if (this.wild && this.#random.chance(0.15)) return this.#lose(socket, this.#random.pick([1006, 1006, 1008]));
    this.#sockets.set(socket, null);
    socket.open();
  }

  #lose(socket, code) {
    const line = this.#sockets.get(socket);
    if (line?.socket === socket) line.socket = null;
    this.#sockets.delete(socket);
    socket.end(code);
  }

  #serve(socket) {
    const random = this.#random;
    if (this.wild && random.chance(0.2)) return;
    for (const frame of socket.take()) this.#onFrame(socket, frame);
    const line = this.#sockets.get(socket);
    if (line?.socket === socket) {
      this.#answerDelayed(line);
      this.#deliver(line);
      if (this.wild && random.chance(0.1)) this.#toInbox(line, this.#message(line));
      if (this.wild && random.chance(0.03)) {
        if (random.chance(0.5))
          this.#send(socket, { type: '$bye', code: 4000, after: random.pick([0, 100, 5_000]), reason: 'x' });
        this.#lose(socket, random.pick([1006, 1006, 1001, 1011, 1009, 1008, 4000, 4001, 4002, 4003, 4005, 4006, 4008]));
      }
    }
  }

  /** Sends frames in one message, with malformed frames between them. */
  #send(socket, ...frames) {
    const text = [];
    for (const frame of frames) text.push(...this.#sometimesMalformed(socket), JSON.stringify(frame));
    text.push(...this.#sometimesMalformed(socket));
    if (text.length > 0 && socket.readyState === 1) socket.receive(...text);
  }

  #sometimesMalformed(socket) {
    const random = this.#random;
    if (!this.wild || this.#kind === 'sane' || !random.chance(0.15)) return [];
    const frame = this.#kind === 'lying' && random.chance(0.7) ? this.#lie() : this.#malformed();
    this.malformed++;
    const line = this.#sockets.get(socket);
    if (typeof frame === 'string') return [frame];
    // Both sides count it.
    if (line && isFromInbox(frame)) line.inbox.push(frame);
    return [JSON.stringify(frame)];
  }

  #onFrame(socket, frame) {
    const line = this.#sockets.get(socket);
    if (frame.type === '$hello') this.#onHello(socket, frame);
    else if (frame.type === '$ping') this.#send(socket, { type: '$pong' });
    else if (line?.socket !== socket) return;
    else if (frame.type === '$bye') {
      this.#lines.delete(line.id);
      this.#lose(socket, 1000);
    } else if (frame.type === '$tab') {
      if (frame.state === 'gone') line.tabs.delete(frame.from);
      else line.tabs.add(frame.from);
    } else if (frame.id !== undefined) this.#onRequest(line, frame);
  }

  #onHello(socket, hello) {
    const random = this.#random;
    let line = this.#lines.get(hello.line);
    const resumed =
      line !== undefined && line.key === hello.key && line.user === this.#user && !(this.wild && random.chance(0.2));
    if (resumed && line.socket) this.#lose(line.socket, 4507);
    if (!resumed) line = this.#newLine();
    this.#sockets.set(socket, line);
    line.socket = socket;
    line.tabs = new Set(hello.tabs);
    line.cursors.clear();
    const names = new Set([...Object.keys(hello.topics), '*', ...(line.user ? [`@user:${line.user}`] : [])]);
    const topics = [];
    for (const name of names) {
      if (this.wild && !name.startsWith('*') && random.chance(0.05)) continue;
      if (name.startsWith('@') && name !== `@user:${line.user}`) continue;
      const refused = this.wild && !isImplicit(name) && random.chance(0.05);
      topics.push([name, refused ? { error: OVERLOADED } : this.#join(line, name, hello.topics[name] ?? null)]);
    }
    // What the client misses of the inbox follows, unless it is lost.
    const missed = resumed && !(this.wild && random.chance(0.1)) ? line.inbox.slice(hello.inbox ?? 0) : [];
    const { id, key, heard, user } = line;
    const limits = random.chance(this.wild ? 0.9 : 1) ? { ...LIMITS, ...MORE_LIMITS } : random.pick(ODD_LIMITS);
    const inbox = line.inbox.length - missed.length;
    const welcome = { type: '$welcome', v: 1, line: id, key, resumed, heard, inbox, user, ping: 20_000, limits };
    this.#send(socket, { ...welcome, topics: Object.fromEntries(topics) });
    if (missed.length > 0 && socket.readyState === 1) socket.receive(...missed);
  }

  #newLine() {
    const id = `L${++this.#lineNumber}`;
    const line = { id, key: `K${id}`, user: this.#user, heard: 0, inbox: [], replies: new Map(), delayed: [] };
    Object.assign(line, { cursors: new Map(), tabs: new Set(), socket: null });
    this.#lines.set(id, line);
    return line;
  }

  #join(line, name, at) {
    if (!this.#topics.has(name)) this.#begin(name);
    const { epoch, first, end } = this.#topics.get(name);
    const isKnown = at !== null && at[0] === epoch && at[1] >= first - 1 && at[1] <= end;
    const offset = at === null ? end : isKnown ? at[1] : first - 1;
    line.cursors.set(name, offset);
    return { at: [epoch, offset], gap: at !== null && !isKnown, end };
  }

  #onRequest(line, frame) {
    const { id } = frame;
    const random = this.#random;
    if (id <= line.heard) {
      const reply = line.replies.get(id);
      if (reply) this.#toInbox(line, reply);
      else if (!line.delayed.some((one) => one.id === id))
        this.#toInbox(line, { from: frame.from, re: id, error: { code: 'duplicate', message: '' } });
      return;
    }
    line.heard = id;
    if (this.wild && random.chance(0.2) && !frame.type.startsWith('$')) line.delayed.push(frame);
    else this.#answer(line, frame);
  }

  #answerDelayed(line) {
    if (this.wild && !this.#random.chance(0.1)) return;
    for (const frame of line.delayed.splice(0)) this.#answer(line, frame);
  }

  #answer(line, frame) {
    const { type, id, from, topic } = frame;
    const reply = { from, re: id };
    const fails = this.wild && this.#random.chance(0.05);
    if (fails) reply.error = OVERLOADED;
    else if (type === '$join') reply.value = this.#join(line, topic, frame.at ?? null);
    else if (type === '$leave') line.cursors.delete(topic);
    else if (type === '$publish') {
      if (!this.#topics.has(topic)) this.#begin(topic);
      this.#append(topic);
    } else reply.value = frame.value;
    line.replies.set(id, reply);
    this.#toInbox(line, reply);
  }

  #toInbox(line, frame) {
    line.inbox.push(frame);
    if (line.socket) this.#send(line.socket, frame);
  }

  #message(line) {
    const to = this.#random.pick([...line.tabs, undefined]);
    return { from: to, type: 'note', value: to ?? 'all' };
  }

  /** Sends what is new in the topics, in order. */
  #deliver(line) {
    for (const [name, offset] of line.cursors) {
      const { epoch, first, end } = this.#topics.get(name);
      const frames = [];
      let next = offset + 1;
      if (next < first) {
        frames.push({ type: '$gap', topic: name, at: [epoch, first - 1] });
        next = first;
      }
      for (; next <= end && !(this.wild && frames.length > 5); next++)
        frames.push({
          topic: name,
          at: [epoch, next],
          type: isImplicit(name) ? 'news' : undefined,
          value: RandomServer.valueAt(name, [epoch, next]),
        });
      line.cursors.set(name, next - 1);
      if (frames.length > 0 && line.socket) this.#send(line.socket, ...frames);
    }
  }

  #name() {
    return this.#random.pick([...this.#topics.keys()]);
  }

  /** A frame that the protocol does not allow, or a text that is no frame. */
  #malformed() {
    const random = this.#random;
    const odd = () => random.pick(JUNK.filter((value) => !Array.isArray(value) || value[0] !== 'e' || value[1] < 0));
    const topic = this.#name();
    return random.pick([
      () => random.pick(['', 'null', '[]', '{', '1', '"x"', '{}x', '\u0000', '{"topic":', '[{}]']),
      () => ({ topic, at: odd(), value: 1 }),
      () => ({ topic: random.pick([null, 7, {}, ['x']]), at: ['e1', 1], value: 1 }),
      () => ({ type: '$gap', topic, at: odd() }),
      () => ({ type: '$gap' }),
      () => ({ type: '$bye', code: random.pick(['x', null, -1]), after: odd() }),
      () => ({ type: '$bye', code: 4000, after: random.pick([-1, 'x', 2 ** 40]) }),
      () => ({ type: random.pick([7, null, {}, []]), value: 1 }),
      () => ({ re: random.pick(['x', null, -1, 0, 1.5, {}]), value: 1 }),
      () => ({ from: random.pick([7, null, {}, []]), type: 'note', value: 'x' }),
      () => ({
        type: '$welcome',
        v: 1,
        line: 'L',
        key: 'K',
        resumed: true,
        heard: odd(),
        inbox: 0,
        topics: random.pick([null, 7, { a: null }, { a: {} }]),
      }),
      () =>
        `{"type":"$${random.pick(['x', 'status', 'session', 'tokenRequest', 'attached', 'sync'])}","__proto__":{"polluted":1}}`,
    ])();
  }

  /** A well-formed frame that is not true. */
  #lie() {
    const random = this.#random;
    const topic = this.#name();
    const at = [random.pick(['e1', 'e2', `e${this.#epochs}`]), 1 + random.integer(40)];
    const id = 1 + random.integer(30);
    return random.pick([
      () => ({ topic, at, value: random.pick(JUNK) }),
      () => ({ topic, at, type: random.pick(['x', '__proto__', 'status', 'gap']), value: random.pick(JUNK) }),
      () => ({ type: '$gap', topic, at }),
      () => ({ re: id, value: random.pick(JUNK) }),
      () => ({ re: id, value: { at, gap: random.chance(0.5) } }),
      () => ({ re: id, error: OVERLOADED }),
      () => ({ from: random.pick(['nobody', '__proto__', 'constructor']), type: 'note', value: 'x' }),
      () => ({ type: random.pick(['news', '__proto__', 'error']), value: random.pick(JUNK) }),
      () => ({ broadcast: 'x' }),
      () => ({ error: { code: 'bad_frame', message: 'x', retryable: false } }),
      () => ({ type: '$bye', code: random.pick([1000, 4000, 4001, 4005]), after: random.pick([0, 100, 5_000]), reason: 'x' }),
      () =>
        `{"topic":${JSON.stringify(topic)},"at":${JSON.stringify(at)},"value":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1}}`,
    ])();
  }
}

const isImplicit = (name) => name === '*' || name.startsWith('@');
