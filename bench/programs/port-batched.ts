import { parentPort } from 'node:worker_threads';
import { overPort } from '../rivals/port.ts';

if (parentPort !== null) {
  const channel = overPort(parentPort, (message) => channel.send(message));
}
