/** What a span is about. */
export interface Subject {
  readonly plugin: string;
  readonly transport: string;
  /** `auth/execute`: names the span, so it takes few values. */
  readonly method: string;
}

/** The RPC systems that OpenTelemetry has names for; another transport is called by its own. */
const systems: Readonly<Record<string, string>> = {
  subprocess: 'jsonrpc',
  worker: 'jsonrpc',
  grpc: 'grpc',
  'go-plugin': 'grpc',
};

/** OpenTelemetry's attributes for remote procedure calls, and ours beside them. */
export function attributesOf({ plugin, transport, method }: Subject): Record<string, string> {
  return {
    'rpc.system.name': systems[transport] ?? transport,
    'rpc.method': method,
    'plugboard.plugin': plugin,
    'plugboard.transport': transport,
  };
}
