import { bytesOf, listOf, readFields, textOf, type ReadFields } from '../grpc/proto-fields.ts';

/** A `.proto` file in its compiled form: google.protobuf.FileDescriptorProto. */
interface DescribedFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly dependencies: readonly string[];
  /** The full names of what it declares. */
  readonly symbols: readonly string[];
}

/** The numbers of the fields of google/protobuf/descriptor.proto that name something. */
const fields = {
  set: { file: 1 },
  file: { name: 1, package: 2, dependency: 3, message: 4, enum: 5, service: 6 },
  message: { nested: 3, enum: 4 },
  service: { method: 2 },
  name: 1,
} as const;

/** Compiled `.proto` files, by their names and by the names of what they declare. */
export class Descriptors {
  readonly #files: ReadonlyMap<string, DescribedFile>;
  readonly #symbols: ReadonlyMap<string, DescribedFile>;

  /** Reads a google.protobuf.FileDescriptorSet. @throws {RangeError} for what is none. */
  constructor(set: Uint8Array) {
    const files = listOf(readFields(Buffer.from(set)), fields.set.file).map(readFile);
    this.#files = new Map(files.map((file) => [file.name, file]));
    this.#symbols = new Map(files.flatMap((file) => file.symbols.map((symbol) => [symbol, file])));
  }

  /** The file of a name with all that it needs, itself first. */
  byName(name: string): Buffer[] | undefined {
    return this.#withNeeded(this.#files.get(name));
  }

  /** The same for the file that declares a symbol. */
  bySymbol(symbol: string): Buffer[] | undefined {
    return this.#withNeeded(this.#symbols.get(symbol));
  }

  #withNeeded(first: DescribedFile | undefined): Buffer[] | undefined {
    if (first === undefined) return undefined;
    const needed = new Set([first]);
    for (const file of needed)
      // a set goes on to what is added meanwhile
      for (const name of file.dependencies) {
        const dependency = this.#files.get(name);
        if (dependency !== undefined) needed.add(dependency);
      }
    return Array.from(needed, ({ bytes }) => bytes);
  }
}

function readFile(bytes: Buffer): DescribedFile {
  const file = readFields(bytes);
  const scope = textOf(file, fields.file.package);
  return {
    name: textOf(file, fields.file.name),
    bytes,
    dependencies: listOf(file, fields.file.dependency).map(String),
    symbols: [
      ...declared(file, fields.file.message, scope, inMessage),
      ...declared(file, fields.file.enum, scope),
      ...declared(file, fields.file.service, scope, (service, name) =>
        declared(service, fields.service.method, name),
      ),
    ],
  };
}

function inMessage(message: ReadFields, name: string): string[] {
  return [
    ...declared(message, fields.message.nested, name, inMessage),
    ...declared(message, fields.message.enum, name),
  ];
}

/** The full names of what a field declares, and of what is in it. */
function declared(
  parent: ReadFields,
  field: number,
  scope: string,
  within: (item: ReadFields, name: string) => string[] = () => [],
): string[] {
  return listOf(parent, field).flatMap((bytes) => {
    const item = readFields(bytes);
    const own = bytesOf(item, fields.name)?.toString() ?? '';
    const name = scope === '' ? own : `${scope}.${own}`;
    return [name, ...within(item, name)];
  });
}
