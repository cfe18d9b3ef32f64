// A host that traces and sends metrics. Without the packages for it, it says which command installs them.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { definePlugin, Simple } from 'plugboard';
import { otlpExporter } from 'plugboard/observability';
import { inProcess } from 'plugboard/transports';

const received = [];
const receiver = createServer((request, response) => {
  request.resume().on('end', () => response.end());
  received.push(request.url);
}).listen(0, '127.0.0.1');
await once(receiver, 'listening');
const endpoint = `http://127.0.0.1:${receiver.address().port}`;

const echo = definePlugin({ name: 'echo', version: '1.0.0', execute: (text) => text });
const manager = await Simple().withMetrics().withPlugin('echo', inProcess(echo)).build();
try {
  await manager.enableTracing({ endpoint, serviceName: 'consumer' });
  await manager.registerMetricsExporter(otlpExporter({ endpoint }));
  await manager.execute('echo', 'hello');
} catch (error) {
  received.push(error.rawMessage);
}
await manager.shutdown();
receiver.close();
receiver.closeAllConnections();
console.log(received.toSorted((a, b) => a.localeCompare(b)).join('\n'));
