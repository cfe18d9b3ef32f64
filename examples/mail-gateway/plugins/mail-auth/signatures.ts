import type { DKIMVerifyOptions, DKIMVerifyResult } from 'mailauth';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { openMessage, type MessageReader, type MessageRef } from 'plugboard/email';

type Chain = DKIMVerifyResult['arc'];

/** So many messages are between the two hooks at most; one that is forgotten is read again. */
const maxKept = 100;

/** Reads a message once for the two hooks that follow one another: that of its signatures and that of its ARC chain. */
export class Signatures {
  readonly #chains = new Map<string, Chain>();

  async resultsOf(
    message: MessageRef,
    reader: MessageReader,
    options: DKIMVerifyOptions,
  ): Promise<DKIMVerifyResult['results']> {
    const { results, arc } = await dkimVerify(openMessage(message, reader), options);
    this.#keep(keyOf(message, options), arc);
    return results;
  }

  /** Its ARC chain, whose seals nobody has verified yet. */
  async chainOf(message: MessageRef, reader: MessageReader, options: DKIMVerifyOptions): Promise<Chain> {
    const key = keyOf(message, options);
    if (!this.#chains.has(key)) return (await dkimVerify(openMessage(message, reader), options)).arc;
    const chain = this.#chains.get(key);
    this.#chains.delete(key);
    return chain;
  }

  #keep(key: string, chain: Chain): void {
    this.#chains.delete(key);
    this.#chains.set(key, chain);
    if (this.#chains.size > maxKept) this.#chains.delete(this.#chains.keys().next().value ?? '');
  }
}

function keyOf({ id, size, sha256 = '' }: MessageRef, { minBitLength }: DKIMVerifyOptions): string {
  return JSON.stringify([id, size, sha256, minBitLength]);
}
