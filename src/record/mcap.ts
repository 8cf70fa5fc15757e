// MCAP records to bytes and back: the only file that knows @mcap/core. The library's own writer ends a chunk by its size alone; ours
// ends one when it is told to, so that a recording can be on the disk once a second. It does no I/O.
//
//   magic header │ schemas channels metadata attachments │ chunk index chunk index … │ data end │ summary footer magic
//                                                           ▲ a file that was cut is good up to the last whole one
// Source: mcap.dev/spec
import type { Channel, ChunkIndex, MetadataIndex, AttachmentIndex, Schema, TypedMcapRecord } from '@mcap/core';
import { McapChunkBuilder, McapRecordBuilder, McapStreamReader } from '@mcap/core';
import { crc32, zstdDecompressSync } from 'node:zlib';

export type McapRecord = TypedMcapRecord;

/** A channel and the schema of its messages. */
export interface McapChannel {
  readonly topic: string;
  readonly schemaName: string;
  readonly schemaEncoding: 'jsonschema' | 'protobuf';
  readonly schemaData: Uint8Array;
  readonly messageEncoding: 'json' | 'protobuf';
  readonly metadata: ReadonlyMap<string, string>;
}

export interface McapMessage {
  readonly topic: string;
  /** Counts up within the topic. */
  readonly sequence: number;
  /** Since 1970, ns. */
  readonly logTimeNs: bigint;
  readonly data: Uint8Array;
}

export interface McapAttachment {
  readonly name: string;
  readonly mediaType: string;
  readonly atNs: bigint;
  readonly data: Uint8Array;
}

/** Other tools may add records of their own from here on: mcap.dev/spec § Records. */
const FIRST_PRIVATE_OPCODE = 0x80;
/** Largest record read into memory: a chunk holds a second of frames, or the largest frame. Above it a length is taken for damage. */
const MAX_RECORD_BYTES = 512 * 1024 * 1024;

/** Bytes of one file, handed out piece by piece in their order: `begin`, any of the others, `end`. */
export class McapFileBuilder {
  readonly #records = new McapRecordBuilder();
  readonly #chunk = new McapChunkBuilder({ useMessageIndex: true });
  readonly #schemas: Schema[] = [];
  readonly #channelByTopic = new Map<string, Channel>();
  readonly #chunkIndexes: ChunkIndex[] = [];
  readonly #attachmentIndexes: AttachmentIndex[] = [];
  readonly #metadataIndexes: MetadataIndex[] = [];
  readonly #countByChannel = new Map<number, bigint>();
  #position = 0n;
  #messageCount = 0n;
  #startTime = 0n;
  #endTime = 0n;

  /** Bytes added since the last chunk was taken. */
  get pendingBytes(): number {
    return this.#chunk.numMessages === 0 ? 0 : this.#chunk.byteLength;
  }

  /** What the file begins with. `profile` names the kind of recording. */
  begin(profile: string, library: string, channels: readonly McapChannel[]): Uint8Array {
    this.#records.writeMagic();
    this.#records.writeHeader({ profile, library });
    for (const { topic, schemaName, schemaEncoding, schemaData, messageEncoding, metadata } of channels) {
      const schema: Schema = { id: this.#schemas.length + 1, name: schemaName, encoding: schemaEncoding, data: schemaData };
      const channel: Channel = { id: this.#schemas.length, schemaId: schema.id, topic, messageEncoding, metadata: new Map(metadata) };
      this.#schemas.push(schema);
      this.#channelByTopic.set(topic, channel);
      this.#records.writeSchema(schema);
      this.#records.writeChannel(channel);
    }
    return this.#taken();
  }

  metadata(name: string, entries: Readonly<Record<string, string>>): Uint8Array {
    const offset = this.#position;
    const length = this.#records.writeMetadata({ name, metadata: new Map(Object.entries(entries)) });
    this.#metadataIndexes.push({ name, offset, length });
    return this.#taken();
  }

  attachment({ name, mediaType, atNs, data }: McapAttachment): Uint8Array {
    const offset = this.#position;
    const about = { name, mediaType, logTime: atNs, createTime: atNs };
    const length = this.#records.writeAttachment({ ...about, data });
    this.#attachmentIndexes.push({ ...about, offset, length, dataSize: BigInt(data.byteLength) });
    return this.#taken();
  }

  /** Adds to the chunk that is being gathered; `data` is copied. Throws RangeError for a topic that `begin` did not name. */
  add({ topic, sequence, logTimeNs, data }: McapMessage): void {
    const channel = this.#channelByTopic.get(topic);
    if (channel === undefined) throw new RangeError(`the recording has no channel ${topic}`);
    if (this.#messageCount === 0n || logTimeNs < this.#startTime) this.#startTime = logTimeNs;
    if (this.#messageCount === 0n || logTimeNs > this.#endTime) this.#endTime = logTimeNs;
    this.#messageCount++;
    this.#countByChannel.set(channel.id, (this.#countByChannel.get(channel.id) ?? 0n) + 1n);
    this.#chunk.addMessage({ channelId: channel.id, sequence, logTime: logTimeNs, publishTime: logTimeNs, data });
  }

  /** What was added since the last call, as one chunk with its index; undefined where that is nothing. */
  takeChunk(): Uint8Array | undefined {
    const chunk = this.#chunk;
    if (chunk.numMessages === 0) return undefined;
    const { messageStartTime, messageEndTime, buffer } = chunk;
    const size = BigInt(buffer.length);
    const chunkStartOffset = this.#position;
    // Not compressed: pictures are nearly all of it, and a JPEG does not become smaller.
    const chunkLength = this.#records.writeChunk({ messageStartTime, messageEndTime, uncompressedSize: size, uncompressedCrc: crc32(buffer), compression: '', records: buffer });
    const messageIndexOffsets = new Map<number, bigint>();
    let messageIndexLength = 0n;
    for (const index of chunk.indices) {
      messageIndexOffsets.set(index.channelId, chunkStartOffset + chunkLength + messageIndexLength);
      messageIndexLength += this.#records.writeMessageIndex(index);
    }
    this.#chunkIndexes.push({ messageStartTime, messageEndTime, chunkStartOffset, chunkLength, messageIndexOffsets, messageIndexLength, compression: '', compressedSize: size, uncompressedSize: size });
    chunk.reset();
    return this.#taken();
  }

  /** The rest of the file: where everything is. Nothing may follow. */
  end(): Uint8Array {
    const records = this.#records;
    records.writeDataEnd({ dataSectionCrc: 0 });
    const summaryStart = this.#position + BigInt(records.length);
    const groups: { readonly opcode: number; readonly write: () => void }[] = [
      { opcode: 0x03, write: () => { for (const schema of this.#schemas) records.writeSchema(schema); } },
      { opcode: 0x04, write: () => { for (const channel of this.#channelByTopic.values()) records.writeChannel(channel); } },
      { opcode: 0x0b, write: () => this.#writeStatistics() },
      { opcode: 0x0d, write: () => { for (const index of this.#metadataIndexes) records.writeMetadataIndex(index); } },
      { opcode: 0x0a, write: () => { for (const index of this.#attachmentIndexes) records.writeAttachmentIndex(index); } },
      { opcode: 0x08, write: () => { for (const index of this.#chunkIndexes) records.writeChunkIndex(index); } },
    ];
    const offsets = groups.map(({ opcode, write }) => {
      const groupStart = this.#position + BigInt(records.length);
      write();
      return { groupOpcode: opcode, groupStart, groupLength: this.#position + BigInt(records.length) - groupStart };
    });
    const summaryOffsetStart = this.#position + BigInt(records.length);
    for (const offset of offsets) if (offset.groupLength > 0n) records.writeSummaryOffset(offset);
    records.writeFooter({ summaryStart, summaryOffsetStart, summaryCrc: 0 });
    records.writeMagic();
    return this.#taken();
  }

  #writeStatistics(): void {
    this.#records.writeStatistics({
      messageCount: this.#messageCount, schemaCount: this.#schemas.length, channelCount: this.#channelByTopic.size,
      attachmentCount: this.#attachmentIndexes.length, metadataCount: this.#metadataIndexes.length, chunkCount: this.#chunkIndexes.length,
      messageStartTime: this.#startTime, messageEndTime: this.#endTime, channelMessageCounts: this.#countByChannel,
    });
  }

  /** A copy: the builder uses its memory again. */
  #taken(): Uint8Array {
    const bytes = this.#records.buffer.slice();
    this.#records.reset();
    this.#position += BigInt(bytes.length);
    return bytes;
  }
}

/** Takes bytes in any pieces and gives the records that are whole; a chunk's messages only when the whole chunk is there. */
export class McapParser {
  readonly #reader = new McapStreamReader({ decompressHandlers: { zstd: (bytes) => zstdDecompressSync(bytes) } });

  /** True once the file's own end was seen. */
  get isComplete(): boolean {
    return this.#reader.done();
  }

  /** Bytes of a record that is not whole yet. */
  get unreadBytes(): number {
    return this.#reader.bytesRemaining();
  }

  /** Throws the library's own error where the bytes are no MCAP or damaged; what was given before stays good. */
  *feed(bytes: Uint8Array): Generator<McapRecord> {
    if (this.#reader.done()) return;
    this.#reader.append(bytes);
    for (let record = this.#reader.nextRecord(); record !== undefined; record = this.#reader.nextRecord()) {
      if (record.type === 'Unknown' && record.opcode < FIRST_PRIVATE_OPCODE) throw new RangeError(`a record of kind 0x${record.opcode.toString(16).padStart(2, '0')}, which MCAP does not have`);
      yield record;
    }
    if (this.unreadBytes > MAX_RECORD_BYTES) throw new RangeError(`a record claims more than ${MAX_RECORD_BYTES / 1024 / 1024} MB`);
  }
}
