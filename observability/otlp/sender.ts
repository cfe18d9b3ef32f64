/** How the receiver took an export. */
export type Outcome =
  /** It has it; `answer` may say that it left something out. */
  | { readonly status: 'taken'; readonly answer: Uint8Array }
  /** It may take it later; `afterMs` is what it asks for. */
  | { readonly status: 'later'; readonly afterMs: number; readonly why: string }
  /** It will never take it. */
  | { readonly status: 'refused'; readonly why: string };

/** Carries encoded exports to a receiver. */
export interface Sender {
  /** Never rejects. */
  send(body: Uint8Array, signal: AbortSignal): Promise<Outcome>;
  /** Lets go of its connections. */
  close(): void;
}
