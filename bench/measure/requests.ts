/** Sizes of requests, as their JSON counts them. */
export const sizes = { '100 B': 100, '10 KB': 10_000, '1 MB': 1_000_000 } as const;

/** A request like those of real contracts, records of strings, numbers and flags, of about `jsonBytes` as JSON. */
export function requestOf(jsonBytes: number): unknown {
  const records: object[] = [];
  let bytes = 0;
  while (bytes < jsonBytes) {
    const record = recordOf(records.length);
    records.push(record);
    bytes += JSON.stringify(record).length + 1;
  }
  return records.length === 1 ? records[0] : { records };
}

function recordOf(number: number): object {
  const from = `sender-${number}@example.org`;
  return { number, from, subject: 'minutes of the last meeting', score: number / 7, seen: number % 2 === 0 };
}

/** Bytes without a pattern, the same in every run. */
export function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
