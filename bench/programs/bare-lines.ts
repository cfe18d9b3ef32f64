import { Socket } from 'node:net';
import { overLines } from '../rivals/lines.ts';

const channel = overLines(new Socket({ fd: 3, readable: true, writable: true }), ({ id, body }) =>
  channel.send({ id, body }),
);
