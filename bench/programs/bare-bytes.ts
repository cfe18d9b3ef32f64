import { Socket } from 'node:net';
import { overBytes } from '../rivals/bytes.ts';

const channel = overBytes(new Socket({ fd: 3, readable: true, writable: true }), (id, bytes) =>
  channel.send(id, bytes),
);
