import fc from 'fast-check';

const ms = fc.oneof(fc.nat(100_000_000), fc.constantFrom('100ms', '30s', '5m', '1h30m'));
const atLeastOne = fc.integer({ min: 1, max: 10_000 });
const text = fc.oneof(
  fc.string({ maxLength: 30 }),
  fc.string({ unit: 'binary', maxLength: 10 }).filter((value) => !/\p{Surrogate}/u.test(value)),
  fc.constantFrom(
    '',
    '~',
    'null',
    'true',
    '1e3',
    '- a',
    'a: b',
    '# no',
    '<<',
    '*a',
    '&a',
    '!x',
    '|',
    '>',
    "'",
    '"',
    '\n',
    ' ',
    '0x1F',
    '1:30',
    '${A}',
    '${',
    '$${A}',
    '$$${',
    'a ${file:/dev/zero} b',
    '2001-01-01',
  ),
);
/** `${` in a value that is given means a variable; `$${` is the text itself. */
const plain = text.map((value) => value.replaceAll('${', () => '$${'));
const words = fc.string({
  unit: fc.constantFrom('a', 'b', 'X', 'Z', '0', '9', '-', '_', ' ', '.', ':', '/'),
  minLength: 1,
  maxLength: 12,
});
const texts = fc.dictionary(words, plain, { maxKeys: 3 });
const json: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    plain,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(words, text), tie('value'), { maxKeys: 3 }).map((map) => {
      const { __proto__: _, ...rest } = map;
      return rest;
    }),
  ),
})).value;

const retry = fc.record(
  {
    maxRetries: fc.nat(10),
    initialDelayMs: ms,
    max_interval: ms,
    multiplier: fc.constantFrom(1, 1.5, 2),
    random_jitter: fc.boolean(),
    budget_ratio: fc.constantFrom(0, 0.5),
  },
  { requiredKeys: [] },
);
const off = fc.constantFrom(false, { enabled: false });
const settings = {
  timeout: ms,
  start: fc.constantFrom('eager', 'lazy'),
  drain_timeout: ms,
  reload_cooldown: ms,
  priority: fc.integer({ min: -5, max: 5 }),
  on_failure: fc.constantFrom('open', 'closed', { closed: 421 }),
  hooks: fc.dictionary(
    fc.constantFrom('mail.rcptTo', 'on_failure'),
    fc.constant({ on_failure: 'open', priority: 2 }),
  ),
  retry: fc.oneof(off, retry),
  circuit_breaker: fc.oneof(
    off,
    fc.record(
      { failure_threshold: atLeastOne, mode: fc.constantFrom('consecutive', 'rate') },
      { requiredKeys: [] },
    ),
  ),
  rateLimit: fc.oneof(
    off,
    fc.record(
      { requestsPerSecond: atLeastOne, time_window: fc.constantFrom('1s', 500) },
      { requiredKeys: [] },
    ),
  ),
  concurrency: fc.oneof(off, fc.record({ max_concurrent: atLeastOne }, { requiredKeys: [] })),
  health_check: fc.oneof(
    off,
    fc.record({ interval: fc.integer({ min: 5000, max: 90_000 }) }, { requiredKeys: [] }),
  ),
  instances: fc.oneof(
    fc.integer({ min: 1, max: 9 }),
    fc.constant({ count: 2, spread: 'weighted', weights: [1, 2.5] }),
  ),
  services: fc.array(words, { maxLength: 2 }),
};

const sources = fc.oneof(
  fc.constant({}),
  fc.record(
    {
      transport: fc.constantFrom('exec', 'subprocess'),
      command: words,
      args: fc.array(plain, { maxLength: 3 }),
      env: texts,
      inherit_env: fc.boolean(),
      work_dir: words,
      protocol: fc.constantFrom('plugboard', 'go-plugins'),
      channel: fc.constantFrom('fd', 'stdio'),
      max_frame: fc.constantFrom('16MiB', 2048, '3MB'),
      kill_timeout: ms,
    },
    { requiredKeys: ['command'] },
  ),
  fc.record({ file: words, args: fc.array(plain, { maxLength: 2 }) }, { requiredKeys: ['file'] }),
  fc.record({ transport: fc.constantFrom('grpc', 'grpc-tls'), endpoint: fc.constant('localhost:9090') }),
);

const auth = fc.oneof(
  fc.record({ method: fc.constant('api-key'), api_key: plain.filter((value) => value !== '') }),
  fc.record({ method: fc.constant('custom'), headers: texts }),
  fc.constant({ method: 'mtls', cert_file: 'a', key_file: 'b' }),
);

const plugin = fc
  .record(
    {
      type: fc.constantFrom('auth', 'filter'),
      enabled: fc.boolean(),
      version: fc.constantFrom('^1.2.0', '>=1 <3'),
      auth,
      connection: fc.record({ max_connections: fc.nat(9), idle_timeout: ms }, { requiredKeys: [] }),
      dependencies: fc.constantFrom(['other'], ['other@^1.0.0'], [{ name: 'other', optional: true }]),
      config: json,
      labels: texts,
      annotations: texts,
      ...settings,
    },
    { requiredKeys: [] },
  )
  .chain((entry) => sources.map((source) => ({ ...entry, ...source })));

const plugins = fc
  .uniqueArray(fc.constantFrom('auth', 'links', 'spam.filter', 'a-b_c', 'x1'), { minLength: 1, maxLength: 4 })
  .chain((names) => fc.tuple(...names.map((name) => plugin.map((entry) => ({ name, ...entry })))));

/** Configurations as people give them: any field, in both spellings, in code's words and in documents'. */
export const hostConfigs: fc.Arbitrary<object> = fc.record(
  {
    plugins,
    timeout: fc.constantFrom(1, '30s', 5000),
    logLevel: fc.constantFrom('debug', 'info', 'warn', 'error'),
    data_dir: words,
    defaults: fc.record(settings, { requiredKeys: [] }),
    discovery: fc.oneof(
      off,
      fc.record(
        { directories: fc.array(words, { maxLength: 2 }), max_depth: fc.nat(9) },
        { requiredKeys: [] },
      ),
    ),
    security: fc.oneof(
      off,
      fc.record(
        {
          policy: fc.constantFrom('strict', 'permissive', 'audit-only'),
          max_file_size: fc.constantFrom('50MB', 123),
        },
        { requiredKeys: [] },
      ),
    ),
    metrics: fc.constantFrom(
      { prometheus: { port: 0 } },
      { otlp: { endpoint: 'http://localhost:4318' } },
      {},
    ),
    tracing: fc.record({ sample_rate: fc.constantFrom(0, 1, 0.25) }, { requiredKeys: [] }),
    reload: fc.record(
      { watch: fc.boolean(), strategy: fc.constantFrom('recreate', 'rolling') },
      { requiredKeys: [] },
    ),
    limits: fc.constantFrom({}, { max_memory: '100MB' }),
    marketplace: fc.constantFrom(false, { url: 'https://plugins.example', update_check_interval: '1d' }),
    sections: fc.dictionary(words, json, { maxKeys: 2 }),
  },
  { requiredKeys: ['plugins'] },
);
