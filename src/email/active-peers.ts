/** How many connections are open, in all and from each address. */
export class ActivePeers {
  readonly #fromIp = new Map<string, number>();
  #total = 0;

  /** Counts one more, and says how many there are now. */
  add(ip: string): { readonly activeFromIp: number; readonly activeTotal: number } {
    const activeFromIp = (this.#fromIp.get(ip) ?? 0) + 1;
    this.#fromIp.set(ip, activeFromIp);
    this.#total += 1;
    return { activeFromIp, activeTotal: this.#total };
  }

  remove(ip: string): void {
    this.#total -= 1;
    const left = (this.#fromIp.get(ip) ?? 1) - 1;
    if (left > 0) this.#fromIp.set(ip, left);
    else this.#fromIp.delete(ip);
  }
}
