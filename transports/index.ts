export { inProcess } from './in-process.ts';
export { worker, type WorkerOptions } from './worker/host.ts';
export { subprocess } from './subprocess/host.ts';
export type { SubprocessOptions } from './subprocess/options.ts';
