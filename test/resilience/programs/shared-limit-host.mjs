// A host of its own that shares a rate limit: makes calls as fast as it can until it is told to stop, and then says
// how many were let through. Arguments: the port of Redis, the calls to make.
import { Redis } from 'ioredis';
import { definePlugin, Simple } from 'plugboard';
import { inProcess } from 'plugboard/transports';

const [port, calls] = process.argv.slice(2).map(Number);
const client = new Redis(port, '127.0.0.1');
const echo = definePlugin({ name: 'echo', version: '1.0.0', execute: (text) => text });
const manager = await Simple()
  .withPlugin('echo', inProcess(echo), {
    rateLimit: { requestsPerSecond: 100, timeWindowMs: 60_000, shared: { client, keyPrefix: 'two-hosts' } },
  })
  .build();
await client.ping();
console.log('ready');
process.stdin.once('end', () => process.exit(9)); // the test is gone
await new Promise((resolve) => process.stdin.once('data', resolve));
const ended = await Promise.allSettled(Array.from({ length: calls }, () => manager.execute('echo', 'hello')));
const admitted = ended.filter(({ status }) => status === 'fulfilled').length;
const codes = [...new Set(ended.flatMap(({ reason }) => (reason ? [reason.code] : [])))];
console.log(JSON.stringify({ admitted, codes }));
await manager.shutdown();
client.disconnect();
process.stdin.destroy();
