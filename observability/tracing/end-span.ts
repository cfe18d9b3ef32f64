import type { Span } from '@opentelemetry/api';

import { PluginError } from '../../src/core/errors.ts';
import { tellQuietly } from '../../src/core/listener.ts';
import { printable } from '../../src/core/printable.ts';
import { redactText } from '../../src/core/redact.ts';
import type { OpenTelemetry } from './open-telemetry.ts';

/** Ends a span, with what went wrong if something did. An error's message is for people, so it is short and has no secrets. */
export function endSpan(otel: OpenTelemetry, span: Span, thrown?: unknown): void {
  tellQuietly(() => {
    if (thrown !== undefined && span.isRecording()) {
      const { code, rawMessage } = PluginError.from(thrown, 'PLUGIN_1203');
      span.setAttribute('error.type', code);
      span.setStatus({
        code: otel.SpanStatusCode.ERROR,
        message: printable(redactText(rawMessage), 300),
      });
    }
    span.end();
  });
}
