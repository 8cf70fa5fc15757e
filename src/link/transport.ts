// Bytes with a cable at the other end: serial port, TCP socket, or a pair of queues in memory.

export interface TransportHandlers {
  /** Bytes as they came, any split; the buffer is the handler's to keep. */
  onData(bytes: Uint8Array): void;
  /** The cable is gone; called once per open, also after a close of our own. */
  onClose(reason: string): void;
}

export interface OpenTransport {
  /** Queues bytes; the transport copies or keeps them, the caller must not change them. False when closed. */
  write(bytes: Uint8Array): boolean;
  close(): Promise<void>;
}

export interface Transport {
  /** For logs: kind and address. */
  readonly description: string;
  /** Throws LINK_OPEN_FAILED with the device named and the reason. */
  open(handlers: TransportHandlers): Promise<OpenTransport>;
}
