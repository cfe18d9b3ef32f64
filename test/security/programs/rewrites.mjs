// Rewrites a whitelist in place, in small pieces, a thousand times; the last time for good.
import { closeSync, openSync, writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { file, texts, last, times } = workerData;

for (let time = 0; time < times; time++) {
  const text = time === times - 1 ? last : texts[time % texts.length];
  const opened = openSync(file, 'w');
  for (let at = 0; at < text.length; at += 40) writeSync(opened, text.slice(at, at + 40));
  closeSync(opened);
}
