import type { Traffic } from '../../src/core/metrics.ts';
import { notReadable, notWritable, tooLarge } from './call-errors.ts';
import type { GoPluginCall, CodedMethod } from './host-method.ts';

/** What bounds and counts the messages of a call. */
export interface MessageLimits {
  readonly maxFrameBytes: number;
  readonly traffic: Traffic | undefined;
}

/** Writes the requests of one call and reads its answers. */
export class MethodCodec {
  readonly #service: CodedMethod;
  readonly #call: GoPluginCall;
  readonly #limits: MessageLimits;
  #received = 0;

  constructor(service: CodedMethod, call: GoPluginCall, limits: MessageLimits) {
    this.#service = service;
    this.#call = call;
    this.#limits = limits;
  }

  /** The messages of a request: one, unless the method takes a stream. @throws {PluginError} `RPC_2005`, `RPC_2006`. */
  async *requests(request: unknown): AsyncGenerator<Buffer, undefined> {
    for await (const bytes of this.#encoded(request)) yield this.#checked(bytes);
    return undefined;
  }

  /** One message of the answer. @throws {PluginError} `RPC_2004`; `RPC_2006` where all of them are too much. */
  async read(answer: Buffer): Promise<unknown> {
    const { maxFrameBytes, traffic } = this.#limits;
    traffic?.received(answer.length);
    this.#received += answer.length;
    if (this.#received > maxFrameBytes) throw tooLarge(this.#received, maxFrameBytes);
    try {
      return await this.#service.decode(new Uint8Array(answer), this.#call);
    } catch (cause) {
      throw notReadable(cause);
    }
  }

  async *#encoded(request: unknown): AsyncGenerator<Uint8Array> {
    const service = this.#service;
    try {
      if (service.stream === 'client' || service.stream === 'both')
        yield* service.encode(request as never, this.#call);
      else yield await service.encode(request as never, this.#call);
    } catch (cause) {
      throw notWritable(cause);
    }
  }

  #checked({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
    const { maxFrameBytes, traffic } = this.#limits;
    if (byteLength > maxFrameBytes) throw tooLarge(byteLength, maxFrameBytes);
    traffic?.sent(byteLength);
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}
