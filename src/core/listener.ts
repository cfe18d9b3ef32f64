/**
 * Calls somebody's function whose answer is not wanted: what it throws, at once or later, harms nobody.
 * An async listener that fails would otherwise end the process.
 */
export function tellQuietly(listener: () => unknown): void {
  try {
    const answer = listener();
    if (answer instanceof Promise) answer.catch(() => {});
  } catch {
    // Somebody else's mistake; there is nobody to tell.
  }
}
