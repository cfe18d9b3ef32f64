import type { Readable } from 'node:stream';

import { singleHook } from '../../src/core/contract.ts';
import { PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { Channel, ChannelCall, OpenSetup } from '../../src/core/transport.ts';
import { brokenError } from '../wire/fault-errors.ts';
import { FaultLog } from '../wire/fault-log.ts';
import { FrameReader } from '../wire/frame-reader.ts';
import { FrameWriter } from '../wire/frame-writer.ts';
import type { Fault, Incoming } from '../wire/messages.ts';
import { encodeLine } from './line-codec.ts';
import { endedError, startChild, type Child } from './child.ts';
import { startFailure } from './diagnose.ts';
import { environment, type ResolvedSubprocess } from './options.ts';
import { within } from '../wire/within.ts';
import { closedButAliveMs, stopChild } from './stop.ts';

/** A program that cannot say that it is ready is believed to be when it has lived so long. */
const settleMs = 100;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: PluginError) => void;
}

/** Starts a program that speaks go-plugins' lines: it has no handshake, no health, no cancel. */
export async function openLineChannel(what: ResolvedSubprocess, setup: OpenSetup): Promise<Channel> {
  if (!setup.hooks.includes(singleHook)) {
    const message = `the line mode of go-plugins knows one question only, not the hooks [${setup.hooks.join(', ')}]. Use protocol 'plugboard'.`;
    throw new PluginError('RPC_2002', { plugin: setup.plugin, message });
  }
  const child = await startChild(what, environment(what.env, what.inheritEnv, {}), setup);
  child.log.capture(child.stderr, 'stderr');
  const channel = new LineChannel(child, what, setup);
  if (await within(setup.clock, settleMs, child.exited)) {
    throw channel.broken ?? (await startFailure(await child.exited, child, what, setup.plugin));
  }
  return channel;
}

class LineChannel implements Channel {
  readonly info: Channel['info'];
  readonly hooks: readonly string[] = [singleHook];
  readonly pid: number;
  readonly ended: Promise<PluginError | undefined>;
  /** Why it was ended for what it wrote. */
  broken: PluginError | undefined;
  readonly #child: Child;
  readonly #what: ResolvedSubprocess;
  readonly #setup: OpenSetup;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #faults: FaultLog;
  readonly #pending = new Map<string, Pending>();
  #nextId = 1;
  #failure: PluginError | undefined;
  #closing: Promise<void> | undefined;

  constructor(child: Child, what: ResolvedSubprocess, setup: OpenSetup) {
    this.info = { name: setup.plugin, version: '0.0.0', description: 'speaks the line mode of go-plugins' };
    this.pid = child.pid;
    this.#child = child;
    this.#what = what;
    this.#setup = setup;
    this.#faults = new FaultLog(setup.logger, setup.clock);
    this.#writer = new FrameWriter(child.stdin, 4 * what.maxFrameBytes, setup.traffic);
    const sink = {
      message: (message: Incoming) => this.#answered(message),
      fault: (fault: Fault) => this.#fault(fault),
    };
    this.#reader = new FrameReader(sink, what.maxFrameBytes);
    this.#read(child.stdout);
    this.ended = child.exited.then((exit) => this.#failAll(endedError(exit, child, setup.plugin)));
  }

  call(call: ChannelCall): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (call.hook !== singleHook) return reject(this.#notAnswered(call.hook));
      const id = String(this.#nextId++);
      const text = encodeLine(id, call);
      const bytes = Buffer.byteLength(text);
      if (bytes > this.#what.maxFrameBytes) return reject(this.#tooLarge(call.hook));
      this.#writer.write({ text, attachments: [] });
      this.#pending.set(id, { resolve, reject });
      call.onCancel = () => this.#pending.delete(id);
    });
  }

  /** The lines know no health question; what runs is taken for healthy. */
  async health(): Promise<{ status: 'healthy' | 'offline' }> {
    return { status: this.#failure === undefined ? 'healthy' : 'offline' };
  }

  async configure(): Promise<boolean> {
    return false;
  }

  kill(reason: PluginError): void {
    this.#failAll(reason);
    this.#reader.stop();
    this.#child.signal('SIGKILL');
  }

  close(timeoutMs: number): Promise<void> {
    const { clock } = this.#setup;
    const wire = { end: () => this.#writer.end() };
    this.#closing ??= stopChild(this.#child, wire, undefined, {
      clock,
      timeoutMs,
      killTimeoutMs: this.#what.killTimeoutMs,
    });
    return this.#closing;
  }

  #read(stdout: Readable): void {
    this.#reader.attachments = false;
    stdout.on('data', (chunk: Buffer) => {
      this.#setup.traffic?.received(chunk.length);
      this.#reader.push(chunk);
    });
    stdout.on('end', () => this.#closed());
    this.#child.stdin.on('close', () => this.#closed());
  }

  /** A crash closes the pipes a moment before the exit is known; a program that only closed one is ended. */
  #closed(): void {
    if (this.#closing !== undefined) return;
    const { plugin, clock } = this.#setup;
    const timer = clock.startTimer(closedButAliveMs, () => {
      const message = 'the plugin closed stdin or stdout but went on running; it was ended.';
      this.kill(new PluginError('PLUGIN_1205', { plugin, message }));
    });
    void this.#child.exited.then(() => timer.cancel());
  }

  #answered(message: Incoming): void {
    const id = message['id'];
    const pending = typeof id === 'string' ? this.#pending.get(id) : undefined;
    if (typeof id !== 'string' || pending === undefined) return this.#fault({ kind: this.#kindOf(id) });
    this.#pending.delete(id);
    const error = message['error'];
    if (error === undefined || error === null || error === '') return pending.resolve(message['result']);
    const text = typeof error === 'string' ? printable(error, 2000) : 'the plugin failed without a message';
    pending.reject(new PluginError('PLUGIN_1203', { plugin: this.#setup.plugin, message: text }));
  }

  #kindOf(id: unknown): Fault['kind'] {
    if (typeof id !== 'string') return 'unknown-message';
    return Number(id) > 0 && Number(id) < this.#nextId ? 'late-or-repeated' : 'unknown-id';
  }

  #fault(fault: Fault): void {
    if (this.#failure !== undefined) return; // what else is in the pipe is not looked at
    const pending = this.#pending.get(String(fault.id));
    this.#pending.delete(String(fault.id));
    if (fault.kind === 'too-large') pending?.reject(this.#tooLarge(singleHook));
    else
      pending?.reject(
        new PluginError('RPC_2004', { plugin: this.#setup.plugin, message: `its answer is ${fault.kind}.` }),
      );
    if (this.#faults.note(fault) && fault.isFatal !== true) return;
    this.broken = brokenError(fault, this.#setup.plugin);
    this.kill(this.broken);
  }

  #failAll(error: PluginError): PluginError | undefined {
    this.#failure ??= error;
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    return this.#closing === undefined ? this.#failure : undefined;
  }

  #notAnswered(hook: string): PluginError {
    const message = `the line mode of go-plugins answers '${singleHook}' only.`;
    return new PluginError('PLUGIN_1211', { plugin: this.#setup.plugin, hook, message });
  }

  #tooLarge(hook: string): PluginError {
    const message = `a message is over the limit of ${this.#what.maxFrameBytes} bytes. Raise maxFrameBytes, or send less.`;
    return new PluginError('RPC_2006', { plugin: this.#setup.plugin, hook, message });
  }
}
