import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openFiles } from '../lifecycle/open-files.ts';
import { ownChildren } from '../support/processes.ts';

/** What this process holds. */
export interface Holdings {
  readonly heapBytes: number;
  readonly files: number;
  readonly children: number;
  readonly listeners: number;
  readonly timers: number;
}

/** What this process holds now, when everything that nobody holds is gone. */
export async function holdings(): Promise<Holdings> {
  for (let pass = 0; pass < 10; pass++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  }
  return {
    heapBytes: process.memoryUsage().heapUsed,
    files: openFiles(),
    children: ownChildren().length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
  };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
