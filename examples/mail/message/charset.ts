/** Text made from bytes, and whether the charset was one we know. */
export interface Decoded {
  readonly text: string;
  readonly known: boolean;
}

/** Decodes bytes by the name of a charset; an unknown one is read as Latin-1, which never fails. */
export function decodeCharset(bytes: Uint8Array, charset: string): Decoded {
  try {
    return { text: new TextDecoder(charset === 'us-ascii' ? 'utf-8' : charset).decode(bytes), known: true };
  } catch {
    return { text: new TextDecoder('latin1').decode(bytes), known: false };
  }
}
