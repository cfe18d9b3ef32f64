import { readdirSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

type Gc = (options?: { readonly type: 'minor' | 'major' }) => void;

/** There because groups run with `--expose-gc`. */
const gc = (globalThis as { gc?: Gc }).gc ?? ((): void => {});

/** Empties the young generation only: a full collection would throw away compiled code as well. */
export function minorGc(): void {
  gc({ type: 'minor' });
}

/** Few enough calls for none of them to be collected while they are counted. */
const callsPerSample = 1000;
const samples = 21;

/** Bytes of heap that one call allocates: the median of samples between two collections. */
export async function bytesPerCall(run: (calls: number) => Promise<void>): Promise<number> {
  const found: number[] = [];
  for (let sample = 0; sample < samples; sample++) {
    minorGc();
    const before = process.memoryUsage().heapUsed;
    await run(callsPerSample);
    found.push((process.memoryUsage().heapUsed - before) / callsPerSample);
  }
  return found.toSorted((a, b) => a - b)[samples >> 1] ?? NaN;
}

/** The heap in bytes when everything that nobody holds is gone: streams and processes need a few turns for it. */
export async function settledHeap(): Promise<number> {
  for (let pass = 0; pass < 10; pass++) {
    await turn();
    gc();
  }
  return process.memoryUsage().heapUsed;
}

/** Open descriptors of this process; undefined where the system does not list them. */
export function openDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
