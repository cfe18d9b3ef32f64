import {
  credentials,
  Client,
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import { loadSync, type MethodDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineHooks, hook, Simple, type PluginManager } from 'plugboard';
import { grpc, type GrpcServices } from 'plugboard/transports';

interface Item {
  readonly name: string;
  readonly count: number;
}
interface Money {
  readonly cents: number;
}

const hooks = defineHooks({
  'shop.price': hook<Item, Money>(),
  'shop.watch': hook<Item, readonly Money[]>(),
  'shop.total': hook<readonly Item[], Money>(),
  'shop.quote': hook<readonly Item[], readonly Money[]>(),
});
type Hooks = typeof hooks;

const proto = fileURLToPath(new URL('../../fixtures/proto/shop.proto', import.meta.url));
const shop = loadSync(proto)['shop.Shop'] as ServiceDefinition;
const coded = (name: string): MethodDefinition<object, object> =>
  shop[name] as MethodDefinition<object, object>;
const write = (name: string) => (item: Item) => coded(name).requestSerialize(item);
const read = (name: string) => (bytes: Uint8Array) =>
  coded(name).responseDeserialize(Buffer.from(bytes)) as Money;
function* writeAll(items: readonly Item[]): Iterable<Buffer> {
  for (const item of items) yield write('Total')(item);
}

const services: GrpcServices<Hooks> = {
  'shop.price': { method: '/shop.Shop/Price', encode: write('Price'), decode: read('Price') },
  'shop.watch': {
    method: '/shop.Shop/Watch',
    stream: 'server',
    encode: write('Watch'),
    decode: read('Watch'),
  },
  'shop.total': { method: '/shop.Shop/Total', stream: 'client', encode: writeAll, decode: read('Total') },
  'shop.quote': { method: '/shop.Shop/Quote', stream: 'both', encode: writeAll, decode: read('Quote') },
};

const cost = ({ count }: Item): Money => ({ cents: 100 * count });
let server: Server;
let endpoint: string;
let manager: PluginManager<Hooks> | undefined;
let cancelled: (() => void) | undefined;

beforeEach(async () => {
  server = new Server();
  server.addService(shop, {
    Price: ({ request }: ServerUnaryCall<Item, Money>, done: sendUnaryData<Money>) => {
      if (request.name === 'gold') done({ code: status.NOT_FOUND, details: 'no gold here' });
      else done(null, cost(request));
    },
    Watch: (call: ServerWritableStream<Item, Money>) => {
      call.on('cancelled', () => cancelled?.());
      for (let count = 1; count <= call.request.count; count++) call.write(cost({ ...call.request, count }));
      if (call.request.name !== 'for ever') call.end();
    },
    Total: (call: ServerReadableStream<Item, Money>, done: sendUnaryData<Money>) => {
      let cents = 0;
      call.on('data', (item: Item) => (cents += cost(item).cents));
      call.on('end', () => done(null, { cents }));
    },
    Quote: (call: ServerDuplexStream<Item, Money>) => {
      call.on('data', (item: Item) => call.write(cost(item)));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, given) => resolve(given));
  });
  endpoint = `127.0.0.1:${port}`;
});
afterEach(async () => {
  await manager?.shutdown();
  server.forceShutdown();
});

const built = (more: object = {}): Promise<PluginManager<Hooks>> =>
  Simple(hooks)
    .withPlugin('shop', grpc<Partial<Hooks>>(endpoint, { services, ...more }))
    .build();

describe('a server with a .proto of its own', () => {
  it('answers hooks with its methods, whichever of their directions streams', async () => {
    manager = await built();
    const tea = { name: 'tea', count: 3 };
    expect(await manager.call('shop', 'shop.price', tea)).toEqual({ cents: 300 });
    expect(await manager.call('shop', 'shop.total', [tea, tea])).toEqual({ cents: 600 });
    expect(await manager.call('shop', 'shop.quote', [tea, { name: 'tea', count: 1 }])).toEqual([
      { cents: 300 },
      { cents: 100 },
    ]);
    const soFar: unknown[] = [];
    const onProgress = (money: unknown): number => soFar.push(money);
    const watched = [{ cents: 100 }, { cents: 200 }, { cents: 300 }];
    expect(await manager.call('shop', 'shop.watch', tea, { onProgress })).toEqual(watched);
    expect(soFar).toEqual(watched);
  });

  it('fails with its status, and is told when nobody waits any more', async () => {
    manager = await built();
    await expect(manager.call('shop', 'shop.price', { name: 'gold', count: 1 })).rejects.toMatchObject({
      code: 'PLUGIN_1203',
      rawMessage: expect.stringContaining('no gold here') as string,
    });
    const heard = new Promise<void>((resolve) => (cancelled = resolve));
    const controller = new AbortController();
    const { signal } = controller;
    const asked = manager.call(
      'shop',
      'shop.watch',
      { name: 'for ever', count: 1 },
      { signal, onProgress: () => controller.abort() },
    );
    await expect(asked).rejects.toMatchObject({ code: 'PLUGIN_1206' });
    await heard;
  });

  it('has its deadline, and its answers are bounded together', async () => {
    manager = await built({ maxFrameBytes: 1024 });
    const late = manager.call('shop', 'shop.watch', { name: 'for ever', count: 0 }, { timeoutMs: 30 });
    await expect(late).rejects.toMatchObject({ code: 'PLUGIN_1204' });
    const much = manager.call('shop', 'shop.watch', { name: 'tea', count: 5000 });
    await expect(much).rejects.toMatchObject({ code: 'RPC_2006' });
  });

  it('is asked anew when it was lost', async () => {
    manager = await built();
    const running = manager.call('shop', 'shop.watch', { name: 'for ever', count: 1 });
    server.forceShutdown();
    await expect(running).rejects.toMatchObject({ code: 'PLUGIN_1205', retryable: true });
  });

  it('is refused where it is not there, where it answers none of the hooks, and where a method is not named', async () => {
    await expect(
      Simple(hooks).withPlugin('shop', grpc<Partial<Hooks>>('127.0.0.1:1', { services })).build(),
    ).rejects.toThrow('PLUGIN_1205');
    await expect(
      Simple<string, string>()
        .withPlugin('shop', grpc(endpoint, { services: { other: { method: '/shop.Shop/Price' } } }))
        .build(),
    ).rejects.toThrow('RPC_2002');
    expect(() => grpc(endpoint, { services: { 'shop.price': { method: 'Price' } } })).toThrow(
      "Name it in full: method: '/proto.KV/Get'",
    );
  });
});

it('the server that these tests call is one that other clients understand', async () => {
  const client = new Client(endpoint, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = coded('Price');
  const money = await new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      { name: 'tea', count: 2 },
      (_, given) => resolve(given),
    );
  });
  expect(money).toMatchObject({ cents: 200 });
  client.close();
});
