import type { Traffic } from '../../../src/core/metrics.ts';
import { notReadable, notWritable, tooLarge } from './errors.ts';
import type { CodedMethod } from './method.ts';

/** What bounds and counts the messages of a call. */
export interface MessageLimits {
  readonly maxFrameBytes: number;
  readonly traffic: Traffic | undefined;
}

/** Writes the requests of one call and reads its answers. */
export class MethodCodec<Call> {
  readonly #service: CodedMethod<never, unknown, Call>;
  readonly #call: Call;
  readonly #limits: MessageLimits;
  #received = 0;

  constructor(service: CodedMethod<never, unknown, Call>, call: Call, limits: MessageLimits) {
    this.#service = service;
    this.#call = call;
    this.#limits = limits;
  }

  /** The only message of a request; a promise only where `encode` makes one. @throws {PluginError} `RPC_2005`, `RPC_2006`. */
  request(request: unknown): Buffer | Promise<Buffer> {
    const service = this.#service;
    if (service.stream !== undefined && service.stream !== 'server')
      throw notWritable('the method takes a stream');
    try {
      const bytes = service.encode(request as never, this.#call);
      return bytes instanceof Uint8Array ? this.#checked(bytes) : this.#later(bytes);
    } catch (cause) {
      throw notWritable(cause);
    }
  }

  async #later(encoding: Promise<Uint8Array>): Promise<Buffer> {
    try {
      return this.#checked(await encoding);
    } catch (cause) {
      throw notWritable(cause);
    }
  }

  /** The messages of a request. @throws {PluginError} as `request`. */
  async *requests(request: unknown): AsyncGenerator<Buffer> {
    const service = this.#service;
    if (service.stream === 'client' || service.stream === 'both') {
      try {
        for await (const bytes of service.encode(request as never, this.#call)) yield this.#checked(bytes);
      } catch (cause) {
        throw notWritable(cause);
      }
    } else yield await this.request(request);
  }

  /** One message of the answer. @throws {PluginError} `RPC_2004`; `RPC_2006` where all of them are too much. */
  async read(answer: Buffer): Promise<unknown> {
    const { maxFrameBytes, traffic } = this.#limits;
    traffic?.received(answer.length);
    this.#received += answer.length;
    if (this.#received > maxFrameBytes) throw tooLarge(this.#received, maxFrameBytes);
    const { buffer, byteOffset, byteLength } = answer;
    try {
      return await this.#service.decode(new Uint8Array(buffer, byteOffset, byteLength), this.#call);
    } catch (cause) {
      throw notReadable(cause);
    }
  }

  #checked({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
    const { maxFrameBytes, traffic } = this.#limits;
    if (byteLength > maxFrameBytes) throw tooLarge(byteLength, maxFrameBytes);
    traffic?.sent(byteLength);
    return Buffer.from(buffer, byteOffset, byteLength);
  }
}
