import type { Header } from './message/headers.ts';

/** A file that came with a message. Its bytes cross to a child as bytes, not as JSON. */
export interface Attachment {
  readonly name: string;
  /** What the sender says it is, such as `application/pdf`. */
  readonly type: string;
  readonly content: Uint8Array;
}

/** One message, as every plugin is asked about it. */
export interface MailRequest {
  /** The name of its file, or file and number for an mbox. */
  readonly id: string;
  /** Header fields in their order, unfolded, not decoded. */
  readonly headers: readonly Header[];
  /** What is wrong with the form of the message; empty for most. */
  readonly defects: readonly string[];
  /** Decoded. */
  readonly subject: string;
  /** Everything there is to read: the plain part, or the HTML part without its tags. */
  readonly text: string;
  /** The HTML part; empty where there is none. */
  readonly html: string;
  readonly attachments: readonly Attachment[];
}

/** What one plugin thinks of one message. */
export interface MailVerdict {
  /** 0 is harmless. The host adds up the scores of all plugins. */
  readonly score: number;
  /** What was found, in words for people. */
  readonly hits: readonly string[];
}
