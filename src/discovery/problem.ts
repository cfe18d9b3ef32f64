/** Something that a scan met. An `error` kept a plugin or folder out; a `warning` did not. */
export interface ScanProblem {
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly message: string;
}
