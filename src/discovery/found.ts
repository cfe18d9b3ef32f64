import { isAbsolute, relative, resolve } from 'node:path';

import { PluginError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { Manifest } from './manifest.ts';

/** How a found plugin is started; paths are absolute. */
export type Run =
  | {
      readonly kind: 'subprocess';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly inheritEnv: false;
      /** The manifest's folder, so that arguments may name files beside it. */
      readonly cwd: string;
      readonly protocol: 'plugboard';
      readonly channel: 'fd';
      readonly maxFrameBytes: undefined;
      readonly killTimeoutMs: undefined;
    }
  | {
      readonly kind: 'go-plugin';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd: string;
    }
  | {
      readonly kind: 'worker';
      readonly file: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'grpc'; readonly endpoint: string; readonly tls: boolean };

/**
 * How a manifest wants its plugin to be started; undefined where it does not say.
 * @throws {PluginError} `SECURITY_1804` for a path that leaves the manifest's folder.
 */
export function runOf(manifest: Manifest, folder: string): Run | undefined {
  const { transport, file, endpoint, args, env } = manifest;
  const kind = transport ?? guessed(manifest);
  if (kind === undefined) return undefined;
  if (kind === 'worker') return { kind, file: inside(folder, file ?? ''), args, env };
  if (kind === 'grpc' || kind === 'grpc-tls') {
    return { kind: 'grpc', endpoint: endpoint ?? '', tls: kind === 'grpc-tls' };
  }
  // go-plugins names the program of an exec plugin as its endpoint.
  const program = manifest.command ?? endpoint ?? '';
  const command = /[/\\]/.test(program) ? inside(folder, program) : program;
  if (kind === 'go-plugin') return { kind, command, args, env, cwd: folder };
  return {
    kind: 'subprocess',
    command,
    args,
    env,
    inheritEnv: false,
    cwd: folder,
    protocol: 'plugboard',
    channel: 'fd',
    maxFrameBytes: undefined,
    killTimeoutMs: undefined,
  };
}

function guessed({ command, file, endpoint }: Manifest): Manifest['transport'] {
  if (command !== undefined) return 'subprocess';
  if (file !== undefined) return 'worker';
  return endpoint === undefined ? undefined : 'grpc';
}

/** Anyone may write a manifest, so that it names nothing outside its own folder. */
function inside(folder: string, path: string): string {
  const target = resolve(folder, path);
  const way = relative(folder, target);
  if (way !== '' && !way.startsWith('..') && !isAbsolute(way) && !isAbsolute(path) && !path.includes('\0'))
    return target;
  throw new PluginError('SECURITY_1804', {
    message: `its manifest names '${printable(path, 200)}', which is outside its folder. Name a path below plugin.json.`,
  });
}
