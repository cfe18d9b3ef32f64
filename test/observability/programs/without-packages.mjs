// A host on a computer where none of the optional packages is installed; prints what it hears of that.
import { register } from 'node:module';

const hooks = `export async function resolve(name, context, next) {
  if (!/^@(opentelemetry|grpc)\\//.test(name)) return next(name, context);
  throw Object.assign(new Error('Cannot find package ' + name), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);

const { Simple, definePlugin } = await import('plugboard');
const { otlpExporter } = await import('plugboard/observability');
const { inProcess } = await import('plugboard/transports');

const plugin = definePlugin({ name: 'echo', version: '1.0.0', execute: (text) => text });
const manager = await Simple().withMetrics().withPlugin('echo', inProcess(plugin)).build();
const said = [];
for (const options of [{}, { endpoint: 'http://127.0.0.1:1' }])
  await manager.enableTracing(options).catch(({ code, rawMessage }) => said.push({ code, rawMessage }));
for (const protocol of ['http/json', 'grpc']) {
  const exporter = otlpExporter({ endpoint: 'http://127.0.0.1:1', protocol });
  await manager
    .registerMetricsExporter(exporter)
    .catch(({ code, rawMessage }) => said.push({ code, rawMessage }));
}
said.push(await manager.execute('echo', 'still here'));
await manager.shutdown();
console.log(JSON.stringify(said));
