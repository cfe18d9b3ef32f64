import type * as Library from '@grpc/grpc-js';

import { PluginError } from '../../src/core/errors.ts';

/** The gRPC library, which is loaded by who uses it and by nobody else. */
export type GrpcLibrary = typeof Library;

/** @throws {PluginError} `PLUGIN_1008` with the command that installs the library, if it is missing. */
export async function loadGrpc(): Promise<GrpcLibrary> {
  return import('@grpc/grpc-js').catch((cause: unknown) => {
    const message = 'gRPC needs a package that is not installed. Run: npm install @grpc/grpc-js';
    throw new PluginError('PLUGIN_1008', { message, cause });
  });
}
