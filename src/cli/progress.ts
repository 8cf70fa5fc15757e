// How far a long command has come: one line that is written over on a terminal, now and then a line of its own in a log.

/** Things done between two lines in a log. */
const LOG_EVERY = 500;

/** Shows `text` on `stream` as work goes on; the line is taken away again at the end. */
export function progressOn(stream: NodeJS.WriteStream, text: (done: number, of: number) => string): (done: number, of: number) => void {
  return (done, of) => {
    if (stream.isTTY) stream.write(done === of ? '\r\x1b[K' : `\r${text(done, of)}\x1b[K`);
    else if (done % LOG_EVERY === 0 || (done === of && of > LOG_EVERY)) stream.write(`${text(done, of)}\n`);
  };
}
