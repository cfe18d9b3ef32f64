import { resolve } from 'node:path';

import * as z from 'zod';

import { PluginError } from '../../src/core/errors.ts';
import { loadsCode } from '../../src/core/loader-variables.ts';
import { printable } from '../../src/core/printable.ts';
import { wrongOptions } from '../../src/core/wrong-options.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';

/** How a child process is started and spoken to. */
export interface SubprocessOptions {
  /** Its arguments, as they are: no shell looks at them. */
  readonly args?: readonly string[];
  /** Added to the few variables a plugin gets (`PATH`, `HOME`, `LANG`, `TZ`, `TMPDIR`); these win. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Passes on the host's whole environment, secrets included, but for what loads code into a program (`NODE_OPTIONS`,
   * `LD_PRELOAD`, `PYTHONPATH`, …): name those in `env`. Default false.
   */
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

const checkedOptions = z.strictObject({
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.string()).default({}),
  inheritEnv: z.boolean().default(false),
  cwd: z.string().default('.'),
  protocol: z.enum(['plugboard', 'go-plugins']).default('plugboard'),
  channel: z.enum(['fd', 'stdio']).default('fd'),
  maxFrameBytes: z.number().min(1024).default(defaultMaxFrameBytes),
  killTimeoutMs: z.number().min(0).default(10_000),
});

/** @throws {PluginError} `PLUGIN_1007` without a command, `CONFIG_1703` for an option that makes no sense. */
export function resolveSubprocess(command: string, options: SubprocessOptions): ResolvedSubprocess {
  if (typeof command !== 'string' || command === '') {
    throw new PluginError('PLUGIN_1007', {
      message: "a subprocess needs a command, such as './auth-plugin' or 'python3'.",
    });
  }
  const result = checkedOptions.safeParse(options);
  if (!result.success)
    throw wrongOptions(`subprocess('${printable(command, 80)}')`, result.error.issues, 'transports.md');
  return {
    ...result.data,
    // A path is the host's, wherever the child will run; a bare name is looked up on PATH.
    command: /[/\\]/.test(command) ? resolve(command) : command,
    cwd: resolve(result.data.cwd),
  };
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

/** The environment of a plugin: the allow-list or all that loads no code, then its own, then the protocol's. */
export function environment(
  own: Readonly<Record<string, string>>,
  inheritEnv: boolean,
  protocol: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = inheritEnv ? Object.keys(process.env) : passedOn;
  const inherited: Record<string, string> = {};
  for (const name of names) {
    const value = process.env[name];
    if (value !== undefined && !loadsCode(name)) inherited[name] = value;
  }
  return { ...inherited, ...own, ...protocol };
}
