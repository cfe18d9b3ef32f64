import { connInfoCodec, stdioDataCodec } from '../../transports/go-plugin/messages.ts';
import { emptyCodec } from '../../transports/grpc/methods.ts';
import { healthMethods } from '../../transports/grpc/methods.ts';

/** A message in protobuf's JSON form: what has its default is left out. */
export interface Json {
  readonly serviceId?: number;
  readonly network?: string;
  readonly address?: string;
  readonly knock?: { readonly knock?: boolean; readonly ack?: boolean; readonly error?: string };
  readonly channel?: string;
  readonly data?: string;
  readonly service?: string;
  readonly status?: string;
}

interface JsonCodec {
  readonly write: (json: Json) => Buffer;
  readonly read: (bytes: Buffer) => Json;
}

const statuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING'];

const { check } = healthMethods;

const codecs: Readonly<Record<string, JsonCodec>> = {
  'plugin.ConnInfo': {
    write: ({ serviceId = 0, network = '', address = '', knock }) =>
      connInfoCodec.write({
        serviceId,
        network,
        address,
        knock: knock && { knock: false, ack: false, error: '', ...knock },
      }),
    read(bytes) {
      const { knock, ...own } = connInfoCodec.read(bytes);
      return { ...said(own), ...(knock && { knock: said(knock) }) };
    },
  },
  'plugin.StdioData': {
    write: ({ channel, data = '' }) =>
      stdioDataCodec.write({
        channel: channel === 'STDERR' ? 'stderr' : 'stdout',
        data: Buffer.from(data, 'base64'),
      }),
    read(bytes) {
      const { channel, data } = stdioDataCodec.read(bytes);
      return { channel: channel.toUpperCase(), data: data.toString('base64') };
    },
  },
  'plugin.Empty': {
    write: () => emptyCodec.write({}),
    read: (bytes) => ({ ...emptyCodec.read(bytes) }),
  },
  'grpc.health.v1.HealthCheckRequest': {
    write: ({ service = '' }) => check.requestSerialize({ service }),
    read: (bytes) => check.requestDeserialize(bytes),
  },
  'grpc.health.v1.HealthCheckResponse': {
    write: ({ status = '' }) => check.responseSerialize(statuses.indexOf(status)),
    read: (bytes) => ({ status: statuses[check.responseDeserialize(bytes)] ?? '' }),
  },
};

function said(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => Boolean(value)));
}

function codecOf(type: string): JsonCodec {
  const codec = codecs[type];
  if (codec === undefined) throw new Error(`no codec for ${type}`);
  return codec;
}

export function writeMessage(type: string, json: Json): Buffer {
  return codecOf(type).write(json);
}

export function readMessage(type: string, bytes: Buffer): Json {
  return codecOf(type).read(bytes);
}
