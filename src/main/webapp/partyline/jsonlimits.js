/** What the server reads of one frame, as PROTOCOL.md says: levels of nesting, and members of all its objects together. */
const MAX_DEPTH = 32;
const MAX_MEMBERS = 1000;

/**
 * Why the server would refuse this JSON, if it would.
 *
 * A few frames that it refuses end the line, and with it every tab of the browser. One tab's odd value must fail in that
 * tab instead, before it is on the wire that all share.
 *
 * @param {string} json  written by JSON.stringify
 * @param {object} [around]  what the frame adds around it
 * @param {number} [around.depth]
 * @param {number} [around.members]
 * @returns {string | undefined}
 */
export function fault(json, { depth = 0, members = 0 } = {}) {
  let level = depth;
  let count = members;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '"':
        for (at++; json[at] !== '"'; at++) {
          if (json[at] !== '\\') continue;
          at++;
          // JSON.stringify escapes a surrogate only when its other half is missing.
          if (json[at] === 'u' && /^d[89a-f]/i.test(json.slice(at + 1, at + 3))) return 'a text in it has half a surrogate pair';
        }
        break;
      case '{':
      case '[':
        if (++level > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
        break;
      case '}':
      case ']':
        level--;
        break;
      case ':':
        if (++count > MAX_MEMBERS) return `it has more than ${MAX_MEMBERS} members`;
    }
  }
  return undefined;
}
