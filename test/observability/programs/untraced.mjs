// A plugin without OpenTelemetry; it asks the host and says in which trace it was asked.
import { serve } from 'plugboard/serve';

await serve({
  name: 'untraced',
  version: '1.0.0',
  async execute(user, { host, log, traceparent, tracestate }) {
    log.info('asked');
    return { left: await host.quota({ user }), traceparent, tracestate };
  },
});
