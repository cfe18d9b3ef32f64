import type { ChildProcess, SpawnOptions } from 'node:child_process';
import type { Duplex, Readable, Writable } from 'node:stream';

import { PluginError } from '../../src/core/errors.ts';
import type { OpenSetup } from '../../src/core/transport.ts';
import { PluginLog } from '../wire/plugin-log.ts';
import { spawnFailure } from './diagnose.ts';
import { exitWords, type Exit } from './exit.ts';
import type { ResolvedSubprocess } from './options.ts';
import { spawnPatiently } from './spawn-patiently.ts';
import { birth, endedBeforeHost } from './reaper.ts';

/** After the exit, what is left in the pipes is read for so long; a grandchild may hold them open for ever. */
const pipeGraceMs = 200;

const running = new Set<Child>();

/** A host that exits without shutdown takes its plugins along. */
const endAll = (): void => {
  for (const child of running) child.signal('SIGKILL');
};

/** A started process with its pipes, its group and its log. */
export class Child {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly log: PluginLog;
  /** Resolves when the process is gone and its pipes are read, or given up. */
  readonly exited: Promise<Exit>;
  #gone = false;

  constructor(process: ChildProcess, pid: number, log: PluginLog, setup: OpenSetup) {
    this.process = process;
    this.pid = pid;
    this.log = log;
    for (const stream of process.stdio) stream?.on('error', () => {});
    this.exited = this.#watch(setup);
    if (running.size === 0) globalThis.process.on('exit', endAll);
    running.add(this);
  }

  get stdin(): Writable {
    return this.process.stdin as Writable;
  }

  get stdout(): Readable {
    return this.process.stdout as Readable;
  }

  get stderr(): Readable {
    return this.process.stderr as Readable;
  }

  /** The socket of its own that frames travel on. */
  get channel(): Duplex {
    return this.process.stdio[3] as Duplex;
  }

  /** Signals the process and everything it started in its group; nothing once it is gone. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#gone) this.#signalGroup(signal);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      if (globalThis.process.platform === 'win32') this.process.kill(signal);
      else if (this.pid > 1) globalThis.process.kill(-this.pid, signal);
    } catch {
      // The group is gone already.
    }
  }

  #watch(setup: OpenSetup): Promise<Exit> {
    return new Promise((resolve) => {
      this.process.once('exit', (exitCode, signal) => {
        this.#signalGroup('SIGKILL'); // what it left behind in its group
        this.#forget();
        const forgotten = endedBeforeHost(this.pid);
        const settle = (): void => {
          timer.cancel();
          for (const stream of this.process.stdio) stream?.destroy();
          this.log.sayDropped();
          void forgotten.then(() => resolve({ exitCode, signal }));
        };
        const timer = setup.clock.startTimer(pipeGraceMs, settle);
        this.process.once('close', settle);
      });
    });
  }

  #forget(): void {
    this.#gone = true;
    running.delete(this);
    if (running.size === 0) globalThis.process.off('exit', endAll);
  }
}

/**
 * Starts a program, in a process group of its own so that it can be ended with all it started.
 * @throws {PluginError} `REGISTRY_1908` with why it could not be started, and the cure.
 */
export async function startChild(
  what: ResolvedSubprocess,
  env: Record<string, string>,
  setup: OpenSetup,
): Promise<Child> {
  const log = new PluginLog(setup.logger, setup.clock);
  const born = birth(setup.logger);
  try {
    const hasChannel = what.channel === 'fd' && what.protocol === 'plugboard';
    const options: SpawnOptions = {
      cwd: what.cwd,
      env: { ...env, ...born.env },
      detached: globalThis.process.platform !== 'win32',
      windowsHide: true,
      stdio: hasChannel ? ['pipe', 'pipe', 'pipe', 'pipe'] : 'pipe',
    };
    const { process, isRunning } = await spawnPatiently(what.command, what.args, options, setup.clock);
    if (process.pid !== undefined) born.started(process.pid);
    if (process.pid !== undefined) log.from(process.pid);
    await isRunning;
    return new Child(process, process.pid ?? 0, log, setup);
  } catch (error) {
    await born.failed();
    throw await spawnFailure(error, what, setup.plugin);
  }
}

/** The error of every call that ran when the process ended. */
export function endedError(exit: Exit, child: Child, plugin: string): PluginError {
  const message = `the process ${exitWords(exit)} while the plugin was in use.${child.log.stderrTail()} It is started again; repeat the call.`;
  return new PluginError('PLUGIN_1205', { plugin, message, context: { ...exit, pid: child.pid } });
}
