import type { ClientDuplexStream, MethodDefinition } from '@grpc/grpc-js';

import { PluginError } from '../../../src/core/errors.ts';
import { printable } from '../../../src/core/printable.ts';
import type { Connection } from '../connect.ts';
import { unary, type Codec } from '../methods.ts';
import { bytesOf, listOf, readFields, textOf, writeFields, type Field } from '../proto-fields.ts';
import { codes } from '../status.ts';
import { isStatus } from './errors.ts';

/** What is asked: a file by its name, or the one that has a service. */
type Question = { readonly file: string } | { readonly symbol: string };

/** Descriptors of files, not yet read. */
type Files = readonly Buffer[];

type Reflection = ClientDuplexStream<Question, Files>;

const question: Codec<Question> = {
  write: (asked) => writeFields(['file' in asked ? [3, asked.file] : [4, asked.symbol]]),
  read: (message) => ({ symbol: textOf(readFields(message), 4) }),
};

const answer: Codec<Files> = {
  write: (files) => writeFields([[4, writeFields(files.map((file): Field => [1, file]))]]),
  read: (message) => listOf(readFields(bytesOf(readFields(message), 4) ?? Buffer.alloc(0)), 1),
};

const versions: readonly MethodDefinition<Question, Files>[] = ['v1', 'v1alpha'].map((version) => ({
  ...unary(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, question, answer),
  requestStream: true,
  responseStream: true,
}));

/**
 * Asks a plugin for the descriptors of services and all that they use, as a `FileDescriptorSet`:
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md.
 * @throws {PluginError} `RPC_2002` for a plugin that does not tell.
 */
export async function describeServices({ client }: Connection, services: readonly string[]): Promise<Buffer> {
  for (const { path, requestSerialize, responseDeserialize } of versions) {
    const stream = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    try {
      return await readFiles(stream, services);
    } catch (error) {
      if (!isStatus(error) || error.code !== codes.unimplemented) throw error;
    } finally {
      stream.on('error', () => {}); // nobody asks it any more
      stream.cancel();
    }
  }
  const message =
    'the plugin does not describe its services: it has no server reflection, which go-plugin has from 1.2 on. Give each method encode and decode.';
  throw new PluginError('RPC_2002', { message });
}

async function readFiles(stream: Reflection, services: readonly string[]): Promise<Buffer> {
  const answers: AsyncIterator<Files, undefined> = stream[Symbol.asyncIterator]();
  const ask = async (asked: Question): Promise<Files> => {
    stream.write(asked);
    return (await answers.next()).value ?? [];
  };
  const files = new Map<string, Buffer>();
  const keep = (file: Buffer): void => void files.set(textOf(readFields(file), 1), file);
  for (const symbol of services) {
    const found = await ask({ symbol });
    if (found.length === 0) throw notThere(symbol);
    for (const file of found) keep(file);
  }
  for (let missing = missingOf(files); missing.length > 0; missing = missingOf(files)) {
    for (const file of missing) {
      const found = await ask({ file });
      if (found.length === 0) throw notThere(file);
      for (const each of found) keep(each);
    }
  }
  return writeFields([...files.values()].map((file): Field => [1, file]));
}

/** Files that others need and nobody sent yet. */
function missingOf(files: ReadonlyMap<string, Buffer>): string[] {
  const needed = [...files.values()].flatMap((file) => listOf(readFields(file), 3).map(String));
  return [...new Set(needed)].filter((name) => !files.has(name));
}

function notThere(name: string): PluginError {
  const message = `the plugin describes no '${printable(name, 200)}'. Name a service that it has in method, or give encode and decode.`;
  return new PluginError('RPC_2002', { message });
}
