const secretName =
  /pass(?:word|wd|phrase)|secret|token|api[-_]?key|credential|private[-_]?key|authorization|cookie/i;

/** Whether a value under this name is one that nobody should read. */
export function isSecretName(name: string): boolean {
  return secretName.test(name);
}

/** What is printed instead of a secret. */
export const mask = '***';
