import { Socket } from 'node:net';
import { Writable, type Duplex } from 'node:stream';

import type { Plugin } from '../../src/core/plugin.ts';
import { defaultMaxFrameBytes, env, magicCookie, protocolVersion, type Wire } from '../wire/messages.ts';
import { printed } from '../wire/printed.ts';
import { PluginSession } from '../wire/plugin-session.ts';
import { StreamWire } from '../wire/stream-wire.ts';

/** An end that is not over after this is forced: the plugin was closed already. */
const exitGraceMs = 1000;

/** Whether a plugboard host started this process. */
export function startedBySubprocessHost(): boolean {
  return process.env[env.cookie] === magicCookie;
}

/** Serves the host that started this process until it ends; the process exits then. */
export function serveSubprocess(plugin: Plugin): Promise<void> {
  checkVersion();
  const name = process.env[env.pluginName] ?? plugin.info.name;
  const { wire, output } = openWire();
  const session = new PluginSession(wire, plugin, name, {
    ended: (orphaned) => (orphaned ? endGroup() : exitAfter(wire, output)),
    note: (text) => void process.stderr.write(`${text}\n`),
  });
  wire.start(session);
  process.on('SIGTERM', () => void session.close());
  return new Promise(() => {}); // the process ends instead
}

function checkVersion(): void {
  const versions = (process.env[env.versions] ?? '').split(',').map(Number);
  if (versions.includes(protocolVersion)) return;
  process.stderr.write(
    `the host speaks protocol versions [${versions.join()}], this plugin ${protocolVersion}\n`,
  );
  process.exit(1);
}

interface OpenedWire {
  readonly wire: Wire;
  readonly output: Writable;
}

function openWire(): OpenedWire {
  const channel = process.env[env.channel] ?? '';
  const descriptor = /^fd:(\d+)$/.exec(channel)?.[1];
  if (descriptor !== undefined) return openDescriptor(Number(descriptor));
  if (channel === 'stdio') return openStdio();
  process.stderr.write(`${env.channel} is '${channel}', and this plugin knows fd:N and stdio\n`);
  return process.exit(1);
}

function openDescriptor(fd: number): OpenedWire {
  const socket = socketOf(fd);
  // stdin ends when the host dies, even if something else still holds the socket.
  process.stdin.on('error', () => {});
  process.stdin.on('end', () => socket.destroy());
  process.stdin.resume();
  return { wire: new StreamWire(socket, socket, defaultMaxFrameBytes, true), output: socket };
}

/** A descriptor that is not open was meant for another program: this one's parent, most likely. */
function socketOf(fd: number): Duplex {
  try {
    return new Socket({ fd, readable: true, writable: true });
  } catch {
    process.stderr.write(
      `${env.channel} names the descriptor ${fd}, which is not open here: no host started this program\n`,
    );
    return process.exit(1);
  }
}

/** Takes stdout for frames; what the program prints goes to stderr. */
function openStdio(): OpenedWire {
  const write = process.stdout.write.bind(process.stdout);
  const output = new Writable({
    write: (chunk: Buffer, _encoding, done) => void write(chunk, (error) => done(error)),
  });
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return { wire: new StreamWire(process.stdin, output, defaultMaxFrameBytes, true), output };
}

/**
 * Without a host nobody ends what this plugin started: it takes its group along. The host started it as the leader of
 * a group of its own; where that is not so, there is no group of this number.
 */
function endGroup(): void {
  try {
    process.kill(-process.pid, 'SIGKILL');
  } catch {
    process.exit(0);
  }
}

function exitAfter(wire: Wire, output: Writable): void {
  const exitPrinted = (): void => void printed().then(exit, exit);
  if (output.destroyed) exitPrinted();
  output.once('finish', exitPrinted);
  output.once('close', exitPrinted);
  setTimeout(exit, exitGraceMs).unref();
  wire.end();
}

function exit(): never {
  process.exit(0);
}
