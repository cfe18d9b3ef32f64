/** Somebody who gives up when a signal aborts. */
interface GivesUp {
  giveUp(reason: unknown): void;
}

interface Watched {
  readonly calls: Set<GivesUp>;
  readonly onAbort: () => void;
}

/** One listener for each signal, however many calls share it: Node warns of a leak at eleven. */
const watchedSignals = new WeakMap<AbortSignal, Watched>();

/** Tells `call` when the signal aborts, at once if it has; `unwatch` takes that back. */
export function watch(signal: AbortSignal, call: GivesUp): void {
  if (signal.aborted) return call.giveUp(signal.reason);
  let watched = watchedSignals.get(signal);
  if (watched === undefined) {
    const calls = new Set<GivesUp>();
    watched = { calls, onAbort: () => calls.forEach((one) => one.giveUp(signal.reason)) };
    watchedSignals.set(signal, watched);
    signal.addEventListener('abort', watched.onAbort, { once: true });
  }
  watched.calls.add(call);
}

export function unwatch(signal: AbortSignal, call: GivesUp): void {
  const watched = watchedSignals.get(signal);
  if (watched === undefined || !watched.calls.delete(call) || watched.calls.size > 0) return;
  signal.removeEventListener('abort', watched.onAbort);
  watchedSignals.delete(signal);
}
