/** How files name a field where that is not its own name in snake_case without its unit; the first is printed. */
const given: Readonly<Record<string, readonly string[]>> = {
  initialDelayMs: ['initial_interval'],
  maxDelayMs: ['max_interval'],
  jitter: ['jitter', 'random_jitter'],
  command: ['command', 'executable'],
  cwd: ['work_dir'],
  config: ['config', 'options'],
  dataFolder: ['data_dir'],
  directories: ['directories', 'search_paths'],
  patterns: ['patterns', 'file_patterns'],
  exclude: ['exclude', 'exclude_paths'],
  watch: ['watch', 'watch_config', 'watch_mode'],
  maxFileBytes: ['max_file_size'],
  audit: ['audit', 'audit_config'],
  file: ['file', 'audit_file'],
  level: ['level', 'security_level'],
};

/** Fields that a file cannot give. */
export const hiddenFields: ReadonlySet<string> = new Set(['shared']);

/** Fields whose objects may say `enabled`: false is off, true says nothing new. */
export const switchedFields: ReadonlySet<string> = new Set([
  'retry',
  'circuitBreaker',
  'rateLimit',
  'concurrency',
  'healthCheck',
  'discovery',
  'security',
  'metrics',
  'prometheus',
  'otlp',
  'tracing',
  'marketplace',
]);

const unit = /(?:Ms|Bytes)$/;

/** The name that files use for a field: `recoveryTimeoutMs` is `recovery_timeout`. */
export function fileName(field: string): string {
  return given[field]?.[0] ?? snakeCase(field.replace(unit, ''));
}

/** Every name of a field: both spellings, with its unit and without, and those that documents use. */
export function namesOf(field: string): readonly string[] {
  const short = field.replace(unit, '');
  const snake = [snakeCase(short), snakeCase(field), ...(given[field] ?? [])];
  return [...new Set([fileName(field), field, short, ...snake, ...snake.map(camelCase)])];
}

/** What a string in a field stands for. */
export function unitOf(field: string): 'duration' | 'size' | undefined {
  if (field.endsWith('Ms')) return 'duration';
  return field.endsWith('Bytes') ? 'size' : undefined;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camelCase(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
