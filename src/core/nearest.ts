/** The name that was probably meant: the one with the fewest changed letters, if a third of them at most are changed. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  const asked = plain(name);
  let best: string | undefined;
  let least = Math.ceil(asked.length / 3) + 1;
  for (const candidate of names) {
    const known = plain(candidate);
    if (Math.abs(known.length - asked.length) >= least) continue;
    const changes = distance(asked, known);
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/** Spellings of one name differ in case and joints only; a name of any length must not cost time. */
function plain(name: string): string {
  return name
    .slice(0, 64)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
