/** What a signal ends. */
interface Closable {
  shutdown(): Promise<unknown>;
}

const signals = ['SIGTERM', 'SIGINT'] as const;

/**
 * Shuts a manager down on SIGTERM and SIGINT, then lets the signal do what it would have done.
 * A second signal does not wait. A manager that was shut down otherwise listens no more.
 */
export function shutDownOnSignals(manager: Closable & { onShutdown(listener: () => void): void }): void {
  const stopListening = (): void => {
    for (const signal of signals) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    stopListening();
    void manager.shutdown().then(() => process.kill(process.pid, signal));
  };
  for (const signal of signals) process.on(signal, onSignal);
  manager.onShutdown(stopListening);
}
