import * as z from 'zod';

import type { Undeclared } from '../../src/core/contract.ts';
import { PluginError } from '../../src/core/errors.ts';
import { issueWords } from '../../src/core/wrong-options.ts';
import type { Channel, OpenSetup, PluginSource } from '../../src/core/transport.ts';
import { loadGrpc } from '../grpc/load.ts';
import { defaultMaxFrameBytes } from '../wire/messages.ts';
import { PluginLog } from '../wire/plugin-log.ts';
import { withinStart } from '../wire/within-start.ts';
import { agree, type Reached } from './agree.ts';
import { foreignLife } from './foreign-life.ts';
import { GoPluginChannel } from './host-channel.ts';
import { connectTo } from './host-connection.ts';
import { servicesOf, type GoPluginOptions } from './host-options.ts';
import { makeSocketFolder } from './socket-folder.ts';
import { neverShookHands } from './start-errors.ts';

/**
 * Where a plugin runs that somebody else started, as go-plugin's `ReattachConfig` is written in JSON: one entry of
 * `TF_REATTACH_PROVIDERS`, say.
 */
export interface GoReattach {
  readonly Protocol: 'grpc';
  /** Default 1. */
  readonly ProtocolVersion?: number | undefined;
  readonly Pid: number;
  /** Whether it belongs to a test or a debugger, and is never ended from here. Default false. */
  readonly Test?: boolean | undefined;
  readonly Addr: { readonly Network: 'unix' | 'tcp'; readonly String: string };
}

/** How it is spoken to. There is no TLS: go-plugin has it only where the host starts the plugin. */
export type ReattachOptions<H = Undeclared> = Pick<
  GoPluginOptions<H>,
  'services' | 'maxFrameBytes' | 'killTimeoutMs'
>;

const checked = z.object({
  Protocol: z.literal('grpc'),
  ProtocolVersion: z.int().min(0).default(1),
  Pid: z.int().min(2), // 0 and -1 would be whole groups
  Test: z.boolean().default(false),
  Addr: z.object({ Network: z.enum(['unix', 'tcp']), String: z.string().min(1) }),
});

type Checked = z.infer<typeof checked>;

/**
 * A plugin of go-plugin that runs already: `reattachGoPlugin(JSON.parse(process.env.TF_REATTACH_PROVIDERS)[name])`. What
 * it logs goes to whoever started it. It is ended with its manager, unless it belongs to a test.
 * @throws {PluginError} `CONFIG_1703` for what is no `ReattachConfig`.
 */
export function reattachGoPlugin<H = Undeclared>(
  config: GoReattach,
  options: ReattachOptions<NoInfer<H>> = {},
): PluginSource<H> {
  const result = checked.safeParse(config);
  if (!result.success) {
    const message = `reattachGoPlugin needs go-plugin's ReattachConfig: ${issueWords(result.error.issues)}.`;
    throw new PluginError('CONFIG_1703', { message });
  }
  const services = servicesOf('reattached', options.services);
  const { Network, String: address } = result.data.Addr;
  const endpoint = Network === 'unix' ? `unix:${address}` : address;
  return {
    kind: 'go-plugin',
    target: endpoint,
    launch: { kind: 'endpoint', endpoint },
    open: (setup) => attach(result.data, options, services, setup),
  };
}

async function attach(
  config: Checked,
  options: Pick<ReattachOptions, 'maxFrameBytes' | 'killTimeoutMs'>,
  services: Reached['services'],
  setup: OpenSetup,
): Promise<Channel> {
  const { maxFrameBytes = defaultMaxFrameBytes, killTimeoutMs = 2000 } = options;
  const { ProtocolVersion: appVersion, Pid, Test, Addr } = config;
  const line = { appVersion, network: Addr.Network, address: Addr.String, certificate: undefined };
  const connection = connectTo(await loadGrpc(), line, undefined, maxFrameBytes, setup);
  const folder = await makeSocketFolder(); // after all that may throw, or nobody would remove it
  const reached = {
    connection,
    line,
    name: 'go-plugin',
    log: new PluginLog(setup.logger, setup.clock),
    services,
    maxFrameBytes,
    own: undefined,
    folder: folder.path,
    onSocket: () => {}, // they are those of whoever started it
  };
  const timedOut = (): PluginError => neverShookHands(setup);
  const spoken = await withinStart(setup, timedOut, (signal) => agree(reached, setup, signal)).catch(
    async (error: unknown) => {
      await folder.remove();
      throw error;
    },
  );
  const life = foreignLife(Pid, !Test, setup.clock, setup.plugin);
  void life.gone.then(() => folder.remove());
  return new GoPluginChannel(life, spoken, connection, killTimeoutMs, setup);
}
