/**
 * The server's limits for one frame, from `$welcome`. An absent limit means no limit.
 *
 * @typedef {object} JsonLimits
 * @property {number} [depth]  levels of nesting
 * @property {number} [members]  of all objects together
 * @property {number} [number]  characters of one number
 * @property {number} [name]  characters of a type or topic
 */

/**
 * The first violation of the server's limits, or undefined.
 *
 * A few invalid frames end the line for every tab of the browser. So an invalid value must be rejected in the tab that sends
 * it.
 *
 * @param {string} json  written by JSON.stringify
 * @param {JsonLimits} [limits]
 * @param {{ level?: number, members?: number }} [outside]  levels and members of the frame around this JSON
 * @returns {string | undefined}
 */
export function findViolation(json, { depth = Infinity, members = Infinity, number = Infinity } = {}, outside = {}) {
  const tooDeep = `it is nested deeper than ${depth} levels`;
  const tooMany = `it has more than ${members} members`;
  let { level = 0, members: count = 0 } = outside;
  if (level > depth) return tooDeep;
  if (count > members) return tooMany;
  for (let index = 0; index < json.length; index++) {
    switch (json[index]) {
      case '"':
        for (index++; json[index] !== '"'; index++) {
          if (json[index] !== '\\') continue;
          index++;
          // JSON.stringify escapes lone surrogates only.
          if (json[index] === 'u' && /^d[89a-f]/i.test(json.slice(index + 1, index + 3)))
            return 'a text in it has half a surrogate pair';
        }
        break;
      case '{':
      case '[':
        if (++level > depth) return tooDeep;
        break;
      case '}':
      case ']':
        level--;
        break;
      case ':':
        if (++count > members) return tooMany;
        break;
      case '-':
      case '0':
      case '1':
      case '2':
      case '3':
      case '4':
      case '5':
      case '6':
      case '7':
      case '8':
      case '9': {
        const from = index;
        while (/[-+.eE\d]/.test(json[index + 1] ?? '')) index++;
        if (index - from >= number) return `a number in it has more than ${number} characters`;
      }
    }
  }
  return undefined;
}

/**
 * Why the name of a type or topic violates the limits, or undefined.
 * @param {string} text
 * @param {JsonLimits} limits
 * @returns {string | undefined}
 */
export const findNameViolation = (text, { name = Infinity }) =>
  text.length > name ? `${text} is longer than ${name} characters` : undefined;
