/** What a signal ends. */
interface Closable {
  shutdown(): Promise<unknown>;
  onShutdown(listener: () => void): void;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/** Every manager of this process that listens; the signal goes on when the last of them is down. */
const listening = new Set<Closable>();

/**
 * Shuts a manager down on SIGTERM and SIGINT, then lets the signal do what it would have done.
 * A second signal does not wait. A manager that was shut down otherwise listens no more.
 */
export function shutDownOnSignals(manager: Closable): void {
  if (listening.size === 0) for (const signal of signals) process.on(signal, onSignal);
  listening.add(manager);
  manager.onShutdown(() => {
    listening.delete(manager);
    if (listening.size === 0) stopListening();
  });
}

function onSignal(signal: NodeJS.Signals): void {
  const managers = [...listening];
  stopListening();
  void Promise.all(managers.map((manager) => manager.shutdown())).then(() =>
    process.kill(process.pid, signal),
  );
}

function stopListening(): void {
  for (const signal of signals) process.off(signal, onSignal);
}
