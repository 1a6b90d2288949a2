/**
 * Holds a lock for as long as this document or worker lives, or until it is let go.
 *
 * @param {LockManager} locks
 * @param {string} name
 * @param {(release: () => void) => void} [got]  told how to let go
 * @returns {Promise<boolean>} whether it is held; false where locks are refused or nothing happens for a second
 */
export function acquireLock(locks, name, got = () => {}) {
  return new Promise((resolve) => {
    const impatience = setTimeout(() => resolve(false), 1_000);
    locks
      .request(name, () => {
        clearTimeout(impatience);
        resolve(true);
        return new Promise((release) => got(() => release(undefined)));
      })
      .catch(() => resolve(false));
  });
}
