import { url } from 'node:inspector';
import { isMainThread } from 'node:worker_threads';

/** What a Node process does on SIGUSR1 unless somebody listens is open its inspector, to whoever is on this computer. */
const signal = 'SIGUSR1';

let holders = 0;
const ignore = (): void => {};

/** Keeps the inspector from being opened by a signal, for as long as somebody holds the door. It keeps no process alive. */
export function holdInspectorDoor(): () => void {
  if (process.platform === 'win32' || !isMainThread) return () => {};
  if (holders++ === 0) process.on(signal, ignore);
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    if (--holders === 0) process.off(signal, ignore);
  };
}

/** Whether no plugin can open the inspector of this process, and why not. */
export function inspectorDoor(): { readonly holds: boolean; readonly note: string } {
  if (url() !== undefined)
    return { holds: false, note: 'it was opened by the host itself (--inspect); start the host without' };
  if (process.platform === 'win32')
    return { holds: false, note: 'Windows lets any process of the same user open it; use another user' };
  const isClosed = process.listenerCount(signal) > 0 || process.execArgv.includes('--disable-sigusr1');
  if (isClosed) return { holds: true, note: 'SIGUSR1 does nothing' };
  return { holds: false, note: 'this thread cannot take signals; start the host with --disable-sigusr1' };
}
