/** How a process ended. */
export interface Exit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The exit in words: `exited with code 1`, `was ended by SIGKILL`. */
export function exitWords(exit: Exit): string {
  return exit.signal === null ? `exited with code ${exit.exitCode}` : `was ended by ${exit.signal}`;
}
