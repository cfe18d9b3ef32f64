import { isPluginError } from 'plugboard';

/** What has become of a call by now: `waits`, `answered`, or the code it failed with. */
export function soFar(call: Promise<unknown>): Promise<string> {
  const ended = call.then(
    () => 'answered',
    (error: unknown) => (isPluginError(error) ? error.code : 'an error without a code'),
  );
  // a turn of the event loop: everything that could end the call without time passing has happened
  const noEndYet = new Promise<string>((resolve) => setImmediate(() => resolve('waits')));
  return Promise.race([ended, noEndYet]);
}

/** Lets everything happen that needs no time to pass. */
export async function aTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
