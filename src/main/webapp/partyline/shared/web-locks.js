/**
 * Holds a lock for as long as this document or worker lives, or until it is let go.
 *
 * @param {LockManager} locks
 * @param {string} name
 * @param {(release: () => void) => void} [onAcquired]  told how to let go
 * @returns {Promise<boolean>} whether it is held; false where locks are refused or nothing happens for a second
 */
export function acquireLock(locks, name, onAcquired = () => {}) {
  return new Promise((resolve) => {
    const giveUpTimer = setTimeout(() => resolve(false), 1_000);
    locks
      .request(name, () => {
        clearTimeout(giveUpTimer);
        resolve(true);
        return new Promise((release) => onAcquired(() => release(undefined)));
      })
      .catch(() => resolve(false));
  });
}
