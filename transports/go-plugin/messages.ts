import type { MethodDefinition } from '@grpc/grpc-js';

import { emptyCodec, nothing, unary, type Codec } from '../grpc/methods.ts';
import { bytesOf, numberOf, readFields, textOf, writeFields, type Field } from '../grpc/proto-fields.ts';

/** Where a brokered connection of an id can be had; with `knock`, on the connection that is there already. */
export interface ConnInfo {
  readonly serviceId: number;
  readonly network: string;
  readonly address: string;
  readonly knock?: Knock | undefined;
}

/** A wish to open a multiplexed connection, and its answer. */
export interface Knock {
  readonly knock: boolean;
  readonly ack: boolean;
  readonly error: string;
}

/** A piece of what a plugin printed. */
export interface StdioData {
  readonly channel: 'stdout' | 'stderr';
  readonly data: Buffer;
}

const channels = { stdout: 1, stderr: 2 } as const;

/** Fields of proto3 that have their default are left out. */
function said(fields: readonly Field[]): Field[] {
  return fields.filter(([, value]) => value !== 0 && value !== '' && value !== false);
}

/** `plugin.ConnInfo`. */
export const connInfoCodec: Codec<ConnInfo> = {
  write({ serviceId, network, address, knock }) {
    const own = said([
      [1, serviceId],
      [2, network],
      [3, address],
    ]);
    return writeFields(knock === undefined ? own : [...own, [4, writeKnock(knock)]]);
  },
  read(message) {
    const fields = readFields(message);
    const knock = bytesOf(fields, 4);
    return {
      serviceId: numberOf(fields, 1),
      network: textOf(fields, 2),
      address: textOf(fields, 3),
      ...(knock !== undefined && { knock: readKnock(knock) }),
    };
  },
};

function writeKnock({ knock, ack, error }: Knock): Buffer {
  return writeFields(
    said([
      [1, knock],
      [2, ack],
      [3, error],
    ]),
  );
}

function readKnock(message: Buffer): Knock {
  const fields = readFields(message);
  return { knock: numberOf(fields, 1) !== 0, ack: numberOf(fields, 2) !== 0, error: textOf(fields, 3) };
}

/** `plugin.StdioData`; a channel that is not known counts as stdout. */
export const stdioDataCodec: Codec<StdioData> = {
  write: ({ channel, data }) =>
    writeFields([
      [1, channels[channel]],
      [2, data],
    ]),
  read(message) {
    const fields = readFields(message);
    const channel = numberOf(fields, 1) === channels.stderr ? 'stderr' : 'stdout';
    return { channel, data: bytesOf(fields, 2) ?? nothing };
  },
};

const shutdown: MethodDefinition<object, object> = unary(
  '/plugin.GRPCController/Shutdown',
  emptyCodec,
  emptyCodec,
);

const startStream: MethodDefinition<ConnInfo, ConnInfo> = {
  ...unary('/plugin.GRPCBroker/StartStream', connInfoCodec, connInfoCodec),
  requestStream: true,
  responseStream: true,
};

const streamStdio: MethodDefinition<object, StdioData> = {
  ...unary('/plugin.GRPCStdio/StreamStdio', emptyCodec, stdioDataCodec),
  responseStream: true,
};

/** The services of go-plugin's own that every plugin has beside the application's; health is `healthMethods`. */
export const goPluginMethods: {
  /** Ends the plugin. */
  readonly shutdown: MethodDefinition<object, object>;
  /** Says both ways where brokered connections can be had. */
  readonly startStream: MethodDefinition<ConnInfo, ConnInfo>;
  /** What the plugin prints. */
  readonly streamStdio: MethodDefinition<object, StdioData>;
} = { shutdown, startStream, streamStdio };

/** The name under which a plugin's health is asked for. */
export const healthService = 'plugin';
