import type { Writable } from 'node:stream';

/** Resolves when everything that was printed so far has left this process; its end would lose what has not. */
export async function printed(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(written));
}

function written(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('error', () => resolve()); // nobody reads it any more
    stream.write('', () => resolve());
  });
}
