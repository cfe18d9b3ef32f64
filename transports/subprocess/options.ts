import { resolve } from 'node:path';

import { PluginError } from '../../src/core/errors.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';

/** How a child process is started and spoken to. */
export interface SubprocessOptions {
  /** Its arguments, as they are: no shell looks at them. */
  readonly args?: readonly string[];
  /** Added to the few variables a plugin gets (`PATH`, `HOME`, `LANG`, `TZ`, `TMPDIR`); these win. */
  readonly env?: Readonly<Record<string, string>>;
  /** Passes on the host's whole environment, secrets included. Default false. */
  readonly inheritEnv?: boolean;
  /** Its working directory. Default: the host's. */
  readonly cwd?: string;
  /**
   * `plugboard`: docs/protocol.md, for programs that use `serve` or speak it themselves.
   * `go-plugins`: a line of JSON in, a line out, on stdin and stdout. Default `plugboard`.
   */
  readonly protocol?: 'plugboard' | 'go-plugins';
  /**
   * Where frames travel: `fd`, a socket of their own, so that the plugin may print what it likes; `stdio`,
   * stdin and stdout, for programs that cannot take a descriptor. Default `fd`.
   */
  readonly channel?: 'fd' | 'stdio';
  /** The largest message in either direction, in bytes. Default 16 MiB, an order above gRPC's because mail is sent whole. */
  readonly maxFrameBytes?: number;
  /** How long a child may take to end after SIGTERM before SIGKILL, in milliseconds. Default 10,000, as go-plugins. */
  readonly killTimeoutMs?: number;
}

/** A command with every option filled in. */
export interface ResolvedSubprocess {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inheritEnv: boolean;
  readonly cwd: string;
  readonly protocol: 'plugboard' | 'go-plugins';
  readonly channel: 'fd' | 'stdio';
  readonly maxFrameBytes: number;
  readonly killTimeoutMs: number;
}

/** @throws {PluginError} `PLUGIN_1007` without a command, `CONFIG_1703` for a number that makes no sense. */
export function resolveSubprocess(command: string, options: SubprocessOptions): ResolvedSubprocess {
  if (command === '') {
    throw new PluginError('PLUGIN_1007', {
      message: "a subprocess needs a command, such as './auth-plugin' or 'python3'.",
    });
  }
  return {
    // A path is the host's, wherever the child will run; a bare name is looked up on PATH.
    command: /[/\\]/.test(command) ? resolve(command) : command,
    args: options.args ?? [],
    env: options.env ?? {},
    inheritEnv: options.inheritEnv ?? false,
    cwd: resolve(options.cwd ?? '.'),
    protocol: options.protocol ?? 'plugboard',
    channel: options.channel ?? 'fd',
    maxFrameBytes: atLeast(1024, 'maxFrameBytes', options.maxFrameBytes ?? defaultMaxFrameBytes),
    killTimeoutMs: atLeast(0, 'killTimeoutMs', options.killTimeoutMs ?? 10_000),
  };
}

function atLeast(least: number, name: string, value: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new PluginError('CONFIG_1703', {
    message: `${name} is ${value}; it must be a number of at least ${least}.`,
  });
}

/** What every program needs to run, and nothing that could hold a secret; the second row is Windows'. */
const passedOn = [
  'PATH',
  'HOME',
  'LANG',
  'TZ',
  'TMPDIR',
  'SystemRoot',
  'PATHEXT',
  'TEMP',
  'TMP',
  'USERPROFILE',
];

/** The environment of a plugin: the allow-list, then its own, then the protocol's. */
export function environment(
  own: Readonly<Record<string, string>>,
  inheritEnv: boolean,
  protocol: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = inheritEnv ? Object.keys(process.env) : passedOn;
  const inherited: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined) inherited[name] = value;
  }
  return { ...inherited, ...own, ...protocol };
}
