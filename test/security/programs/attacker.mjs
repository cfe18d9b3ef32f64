// Swaps a file's content for another and back, as fast as it can, until it is told to stop.
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

const { file, good, evil, how, stop } = workerData;
const stopped = new Int32Array(stop);

const swaps = {
  rewrite: (text) => writeFileSync(file, text),
  rename: (text) => {
    writeFileSync(`${file}.new`, text, { mode: 0o755 });
    renameSync(`${file}.new`, file);
  },
  link: (text) => {
    rmSync(`${file}.new`, { force: true });
    if (text === good) writeFileSync(`${file}.new`, text, { mode: 0o755 });
    else symlinkSync(`${file}.evil`, `${file}.new`);
    renameSync(`${file}.new`, file);
  },
};

writeFileSync(`${file}.evil`, evil, { mode: 0o755 });
while (Atomics.load(stopped, 0) === 0) {
  swaps[how](evil);
  swaps[how](good);
  Atomics.wait(stopped, 0, 0, 1); // now and then the good one stays long enough to be read
}
