import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { metricsIn } from '../support/otlp-metrics.ts';
import { otlpReceiver } from '../support/otlp-receiver.ts';

const program = fileURLToPath(new URL('programs/node-sdk-host.mjs', import.meta.url));

it("an application's own sdk-node has the spans of calls below its own, and every figure, also those of the end", async () => {
  await using receiver = await otlpReceiver();
  const env = { ...process.env, RECEIVER: receiver.endpoint };
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
  const answer = JSON.parse(stdout) as { left: string; traceparent: string };

  const placed = Object.fromEntries(receiver.spans.map((span) => [span.name, span]));
  const [request, call] = [placed['request'], placed['auth/execute']];
  const [attempt, service] = [placed['auth/execute attempt'], placed['host/quota']];
  expect(receiver.spans.map(({ service: name }) => name)).toEqual(Array(4).fill('application'));
  expect(new Set(receiver.spans.map(({ traceId }) => traceId)).size).toBe(1);
  expect(call?.parentSpanId).toBe(request?.spanId);
  expect(attempt?.parentSpanId).toBe(call?.spanId);
  expect(service?.parentSpanId).toBe(attempt?.spanId);
  expect(answer.traceparent).toBe(`00-${attempt?.traceId}-${attempt?.spanId}-01`);
  expect(answer.left).toBe(service?.spanId);

  const metrics = receiver.posts.filter(({ path }) => path === '/v1/metrics').flatMap(metricsIn);
  const requests = metrics.filter(({ name }) => name === 'plugin_requests').at(-1);
  expect(requests?.points.reduce((sum, { value }) => sum + value, 0)).toBe(1);
});
