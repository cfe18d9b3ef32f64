import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function inUse(): number {
  // The memory of buffers is given back one collection after their objects.
  for (let at = 0; at < 4; at++) collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** How many bytes are still held after something was done: garbage does not count. */
export function retainedBytes(task: () => void): number {
  const before = inUse();
  task();
  return inUse() - before;
}
