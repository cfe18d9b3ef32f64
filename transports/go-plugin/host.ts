import type { Undeclared } from '../../src/core/contract.ts';
import type { PluginSource } from '../../src/core/transport.ts';
import { resolveGoPlugin, type GoPluginOptions } from './host-options.ts';
import { startGoPlugin } from './start.ts';

/**
 * A program made for HashiCorp's go-plugin, in Go or any language:
 * `goPlugin('./kv', { handshake: { magicCookieKey: 'BASIC_PLUGIN', magicCookieValue: 'hello' }, services: { … } })`.
 * It needs the package `@grpc/grpc-js`.
 * @throws {PluginError} `PLUGIN_1007`, `CONFIG_1703` for a command or option that makes no sense.
 */
export function goPlugin<H = Undeclared>(
  command: string,
  options: GoPluginOptions<NoInfer<H>>,
): PluginSource<H> {
  const what = resolveGoPlugin(command, options);
  const { program } = what;
  return {
    kind: 'go-plugin',
    target: [command, ...program.args].join(' '),
    launch: {
      kind: 'program',
      command: program.command,
      args: program.args,
      cwd: program.cwd,
      env: program.env,
    },
    open: (setup) => startGoPlugin(what, setup),
  };
}
