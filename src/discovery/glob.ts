/** Whether a name or path fits a glob: `*` within a name, `**` over folders, `?` one character, `{a,b}` either. */
export function fitsGlob(name: string, glob: string): boolean {
  return alternatives(glob).some((one) => matches(name, one));
}

/** `{a,b}-plugin` as `a-plugin` and `b-plugin`; braces inside braces stay as they are. */
function alternatives(glob: string): string[] {
  const [whole, before = '', inside = '', after = ''] = /^([^{]*)\{([^{}]*)\}(.*)$/s.exec(glob) ?? [];
  if (whole === undefined || glob.length > 1000) return [glob];
  return inside
    .split(',')
    .flatMap((part) => alternatives(before + part + after))
    .slice(0, 100);
}

/** Steps back to the last star only, so that no pattern takes longer than the product of the lengths. */
function matches(name: string, glob: string): boolean {
  let at = 0;
  let sign = 0;
  let star = -1;
  let from = 0;
  let crosses = false;
  while (at < name.length) {
    if (glob[sign] === '*') {
      crosses = glob[sign + 1] === '*';
      star = sign + (crosses ? 2 : 1);
      if (crosses && glob[star] === '/') star++; // `**/a` is `a`, too
      sign = star;
      from = at;
    } else if (sign < glob.length && (glob[sign] === name[at] || (glob[sign] === '?' && name[at] !== '/'))) {
      at++;
      sign++;
    } else if (star >= 0 && (crosses || name[from] !== '/')) {
      at = ++from;
      sign = star;
    } else return false;
  }
  return /^\**$/.test(glob.slice(sign));
}
