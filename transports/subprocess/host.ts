import type { Undeclared } from '../../src/core/contract.ts';
import { PluginError } from '../../src/core/errors.ts';
import type { Channel, OpenSetup, PluginSource } from '../../src/core/transport.ts';
import { HostSession } from '../wire/host-session.ts';
import { limitStart } from '../wire/limit-start.ts';
import { env as names, magicCookie, protocolVersion, type Wire } from '../wire/messages.ts';
import { StreamWire } from '../wire/stream-wire.ts';
import { admitted } from './admitted.ts';
import { endedError, startChild, type Child } from './child.ts';
import { startFailure } from './diagnose.ts';
import { openLineChannel } from './line-mode.ts';
import {
  environment,
  resolveSubprocess,
  type ResolvedSubprocess,
  type SubprocessOptions,
} from './options.ts';
import { closedButAliveMs, stopChild } from './stop.ts';

/**
 * A plugin that is a program of its own, in any language: `subprocess('python3', { args: ['score.py'] })`.
 * It is started with an argument vector, never through a shell, in a process group of its own.
 * @throws {PluginError} `PLUGIN_1007`, `CONFIG_1703` for a command or option that makes no sense.
 */
export function subprocess<H = Undeclared>(
  command: string,
  options: SubprocessOptions = {},
): PluginSource<H> {
  const what = resolveSubprocess(command, options);
  return {
    kind: 'subprocess',
    target: [command, ...what.args].join(' '),
    launch: { kind: 'program', command: what.command, args: what.args, cwd: what.cwd, env: what.env },
    open: (setup) => {
      const program = admitted(what, setup);
      return what.protocol === 'go-plugins' ? openLineChannel(program, setup) : openChannel(program, setup);
    },
  };
}

async function openChannel(what: ResolvedSubprocess, setup: OpenSetup): Promise<Channel> {
  const child = await startChild(what, pluginEnvironment(what, setup), setup);
  try {
    child.log.capture(child.stderr, 'stderr');
    if (what.channel === 'fd') child.log.capture(child.stdout, 'stdout');
    return await new SubprocessChannel(child, wireTo(child, what, setup), what, setup).open();
  } catch (error) {
    child.signal('SIGKILL'); // whatever went wrong, nothing may be left running
    throw error;
  }
}

function pluginEnvironment(what: ResolvedSubprocess, setup: OpenSetup): Record<string, string> {
  return environment(what.env, what.inheritEnv, {
    [names.cookie]: magicCookie,
    [names.versions]: String(protocolVersion),
    [names.channel]: what.channel === 'fd' ? 'fd:3' : 'stdio',
    [names.pluginName]: setup.plugin,
  });
}

function wireTo(child: Child, what: ResolvedSubprocess, { traffic }: OpenSetup): Wire {
  const [input, output] =
    what.channel === 'stdio' ? [child.stdout, child.stdin] : [child.channel, child.channel];
  return new StreamWire(input, output, what.maxFrameBytes, false, traffic);
}

/** A child process that speaks the protocol, from its handshake to its end. */
class SubprocessChannel implements Omit<Channel, 'info' | 'hooks'> {
  readonly pid: number;
  readonly ended: Promise<PluginError | undefined>;
  readonly #child: Child;
  readonly #wire: Wire;
  readonly #what: ResolvedSubprocess;
  readonly #setup: OpenSetup;
  readonly #session: HostSession;
  #broken: PluginError | undefined;
  #closing: Promise<void> | undefined;

  constructor(child: Child, wire: Wire, what: ResolvedSubprocess, setup: OpenSetup) {
    this.pid = child.pid;
    this.#child = child;
    this.#wire = wire;
    this.#what = what;
    this.#setup = setup;
    this.#session = new HostSession(wire, setup, {
      ended: (error) => this.#wireEnded(error),
      log: (level, message, fields) => child.log.write(level, message, fields),
    });
    child.log.within(this.#session.soleTrace());
    this.ended = child.exited.then((exit) => {
      const error = this.#broken ?? endedError(exit, child, setup.plugin);
      this.#session.fail(error);
      wire.destroy();
      return this.#closing === undefined ? error : undefined;
    });
  }

  /** Shakes hands, or ends the child and says why it did not become a plugin. */
  async open(): Promise<Channel> {
    const endWatch = limitStart(this.#setup, (error) => {
      this.#broken ??= error;
      this.#child.signal('SIGKILL');
    });
    try {
      const welcome = await this.#session.initialize(this.#what.maxFrameBytes);
      return Object.assign(this, { info: welcome.info, hooks: welcome.hooks });
    } catch (error) {
      throw await this.#failedStart(error);
    } finally {
      endWatch();
    }
  }

  call: Channel['call'] = (call) => this.#session.call(call);
  health: Channel['health'] = () => this.#session.health();
  configure: Channel['configure'] = (config) => this.#session.configure(config);

  kill: Channel['kill'] = (reason) => this.#kill(reason);

  close: Channel['close'] = (timeoutMs) => {
    this.#closing ??= stopChild(this.#child, this.#wire, this.#session, {
      clock: this.#setup.clock,
      timeoutMs,
      killTimeoutMs: this.#what.killTimeoutMs,
    });
    return this.#closing;
  };

  #kill(reason: PluginError): void {
    this.#broken ??= reason;
    this.#session.fail(this.#broken);
    this.#child.signal('SIGKILL');
  }

  async #failedStart(error: unknown): Promise<PluginError> {
    const endedByItself = this.#child.process.exitCode !== null || this.#child.process.signalCode !== null;
    this.#child.signal('SIGKILL');
    const exit = await this.#child.exited;
    if (this.#broken !== undefined) return this.#broken;
    if (endedByItself) return startFailure(exit, this.#child, this.#what, this.#setup.plugin);
    return PluginError.from(error, 'RPC_2002', { plugin: this.#setup.plugin });
  }

  #wireEnded(error: PluginError | undefined): void {
    if (error !== undefined) return this.#kill(error);
    if (this.#closing !== undefined) return;
    const { plugin, clock } = this.#setup;
    const timer = clock.startTimer(closedButAliveMs, () => {
      const message =
        'the plugin closed its channel but went on running; it was ended. Keep the channel open until shutdown.';
      this.#kill(new PluginError('PLUGIN_1205', { plugin, message }));
    });
    void this.#child.exited.then(() => timer.cancel());
  }
}
