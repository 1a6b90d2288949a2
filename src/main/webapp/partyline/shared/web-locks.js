/**
 * Holds a lock until it is released, or this document or worker ends.
 *
 * @param {LockManager} locks
 * @param {string} name
 * @param {(release: () => void) => void} [onAcquired]  receives the function that releases the lock
 * @returns {Promise<boolean>} whether it is held; false if the browser denies locks or does not answer within a second
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
