import { MessageChannel, Worker, type ResourceLimits } from 'node:worker_threads';
import { resolve as resolvePath } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import * as z from 'zod';

import type { Undeclared } from '../../src/core/contract.ts';
import { messageOf, PluginError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import type { Channel, OpenSetup, PluginSource } from '../../src/core/transport.ts';
import { wrongOptions } from '../../src/core/wrong-options.ts';
import { HostSession } from '../wire/host-session.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';
import { PluginLog } from '../wire/plugin-log.ts';
import { startTimedOut } from '../wire/start-timeout.ts';
import { withResolvers } from '../wire/with-resolvers.ts';
import { environment } from '../subprocess/options.ts';
import { goodbyeMs } from '../subprocess/stop.ts';
import { within } from '../wire/within.ts';
import { PortWire } from './port-wire.ts';
import { workerDataKey } from './plugin.ts';

/** How a worker thread is started. */
export interface WorkerOptions {
  /** Its environment, besides `PATH`, `HOME`, `LANG`, `TZ`, `TMPDIR`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Limits of its JavaScript heap and stack, in MiB. Buffers are not counted. */
  readonly resourceLimits?: ResourceLimits;
  /** Arguments for its `process.argv`. */
  readonly args?: readonly string[];
}

const checkedOptions = z.strictObject({
  env: z.record(z.string(), z.string()).optional(),
  resourceLimits: z.record(z.string(), z.number()).optional(),
  args: z.array(z.string()).optional(),
});

type CheckedOptions = z.output<typeof checkedOptions>;

/**
 * A plugin in a thread of this process: `worker(new URL('./score.js', import.meta.url))`.
 * It has its own event loop and heap but no protection: a worker can end the whole process.
 * @throws {PluginError} `PLUGIN_1007`, `CONFIG_1703` for a file or option that makes no sense.
 */
export function worker<H = Undeclared>(file: string | URL, options: WorkerOptions = {}): PluginSource<H> {
  if (typeof file !== 'string' && !(file instanceof URL)) {
    throw new PluginError('PLUGIN_1007', {
      message: 'a worker needs a file: a path, or new URL(…, import.meta.url).',
    });
  }
  const { error, data } = checkedOptions.safeParse(options);
  if (error !== undefined)
    throw wrongOptions(`worker('${printable(String(file), 80)}')`, error.issues, 'transports.md');
  const { env } = data;
  const url =
    typeof file === 'string' && !file.startsWith('file:') ? pathToFileURL(resolvePath(file)) : new URL(file);
  return {
    kind: 'worker',
    target: url.href,
    launch: url.protocol === 'file:' ? { kind: 'module', file: fileURLToPath(url), env } : undefined,
    open: (setup) => openWorker(admittedUrl(url, setup), data, setup),
  };
}

/** The file that the gate wants loaded instead. */
function admittedUrl(url: URL, { launch }: OpenSetup): URL {
  return launch?.kind === 'module' ? pathToFileURL(launch.file) : url;
}

async function openWorker(url: URL, options: CheckedOptions, setup: OpenSetup): Promise<Channel> {
  const { port1, port2 } = new MessageChannel();
  try {
    const thread = new Worker(url, {
      workerData: { [workerDataKey]: { port: port2, plugin: setup.plugin } },
      transferList: [port2],
      env: environment(options.env ?? {}, false, {}),
      argv: [...(options.args ?? [])],
      stdout: true,
      stderr: true,
      stdin: true,
      ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
    });
    return await new WorkerChannel(thread, new PortWire(port1), setup).open();
  } catch (error) {
    port1.close();
    throw PluginError.from(error, 'REGISTRY_1908', { plugin: setup.plugin });
  }
}

/** A worker thread that speaks the protocol, from its handshake to its end. */
class WorkerChannel implements Omit<Channel, 'info' | 'hooks'> {
  readonly ended: Promise<PluginError | undefined>;
  readonly #thread: Worker;
  readonly #wire: PortWire;
  readonly #setup: OpenSetup;
  readonly #session: HostSession;
  readonly #log: PluginLog;
  readonly #exited: Promise<number>;
  /** The plugin has closed its port: it is done. */
  readonly #left: Promise<void>;
  readonly #leave: () => void;
  #why: PluginError | undefined;
  #ready = false;
  #closing: Promise<void> | undefined;

  constructor(thread: Worker, wire: PortWire, setup: OpenSetup) {
    this.#thread = thread;
    this.#wire = wire;
    this.#setup = setup;
    this.#log = new PluginLog(setup.logger, setup.clock);
    this.#log.capture(thread.stdout, 'stdout');
    this.#log.capture(thread.stderr, 'stderr');
    this.#session = new HostSession(wire, setup, {
      ended: (error) => this.#wireEnded(error),
      log: (level, message, fields) => this.#log.write(level, message, fields),
    });
    this.#log.within(this.#session.soleTrace());
    ({ promise: this.#left, resolve: this.#leave } = withResolvers<void>());
    thread.on('error', (error) => (this.#why ??= this.#threw(error)));
    this.#exited = new Promise((resolve) => void thread.once('exit', resolve));
    this.ended = this.#exited.then((exitCode) => this.#afterExit(exitCode));
  }

  async open(): Promise<Channel> {
    const { startTimeoutMs, clock, signal, plugin } = this.#setup;
    const abandon = (error: PluginError): void => this.#end(error);
    const timer = clock.startTimer(startTimeoutMs, () => abandon(startTimedOut(plugin, startTimeoutMs)));
    const onAbort = (): void => abandon(PluginError.from(signal.reason, 'PLUGIN_1206', { plugin }));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      const welcome = await this.#session.initialize(defaultMaxFrameBytes);
      this.#ready = true;
      return Object.assign(this, { info: welcome.info, hooks: welcome.hooks });
    } catch (error) {
      const why = this.#why ?? error;
      await this.#thread.terminate();
      await this.ended;
      throw why;
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  call: Channel['call'] = (call) => this.#session.call(call);
  health: Channel['health'] = () => this.#session.health();
  configure: Channel['configure'] = (config) => this.#session.configure(config);

  kill: Channel['kill'] = (reason) => this.#end(reason);

  close: Channel['close'] = (timeoutMs) => {
    this.#closing ??= this.#stop(timeoutMs);
    return this.#closing;
  };

  async #stop(timeoutMs: number): Promise<void> {
    if (timeoutMs > 0) {
      const timer = this.#setup.clock.startTimer(timeoutMs, () => void this.#thread.terminate());
      await Promise.race([this.#session.shutdown(timeoutMs).catch(() => {}), this.#exited]);
      timer.cancel();
    }
    // What it still does when the calls are over: its `close`.
    if (timeoutMs > 0) await within(this.#setup.clock, goodbyeMs, Promise.race([this.#left, this.#exited]));
    await this.#thread.terminate();
    await this.ended;
  }

  #end(error: PluginError): void {
    this.#why ??= error;
    this.#session.fail(this.#why);
    void this.#thread.terminate();
  }

  #wireEnded(error: PluginError | undefined): void {
    this.#leave();
    if (error !== undefined) return this.#end(error);
    // The port of a thread that runs on was closed by the plugin; of one that ends, by its end.
    if (this.#closing === undefined) void this.#thread.terminate();
  }

  #afterExit(exitCode: number): PluginError | undefined {
    this.#wire.destroy();
    this.#log.sayDropped();
    const error = this.#why ?? this.#exitError(exitCode);
    this.#why = error;
    this.#session.fail(error);
    return this.#closing === undefined ? error : undefined;
  }

  #threw(error: unknown): PluginError {
    const message = `its thread ended by an uncaught error: ${messageOf(error)}`;
    const code = this.#ready ? 'PLUGIN_1205' : 'REGISTRY_1908';
    return new PluginError(code, { plugin: this.#setup.plugin, message, cause: error });
  }

  #exitError(exitCode: number): PluginError {
    const { plugin } = this.#setup;
    const tail = printable(this.#log.stderrTail(), 1000);
    if (this.#ready) {
      const message = `its thread exited with code ${exitCode} while the plugin was in use.${tail} It is started again; repeat the call.`;
      return new PluginError('PLUGIN_1205', { plugin, message, context: { exitCode } });
    }
    const message = `its thread exited with code ${exitCode} before it was ready.${tail} Does it call serve()?`;
    return new PluginError('REGISTRY_1908', { plugin, message, context: { exitCode } });
  }
}
