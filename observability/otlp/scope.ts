/** Who made the spans and metrics, in OpenTelemetry's words. */
export const scope = { name: 'plugboard', version: '0.1.0' } as const;
