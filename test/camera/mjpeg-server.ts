// An HTTP camera in a process of its own: opening a stream blocks the thread that opens, so the server cannot share it.
// Tells its port on stdout; sends the JPEG given in hex over and over as multipart/x-mixed-replace.
import { createServer } from 'node:http';

const jpeg = Buffer.from(process.argv[2]!, 'hex');
const server = createServer((request, response) => {
  if (request.url !== '/video') {
    response.writeHead(404).end('no such stream');
    return;
  }
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  const timer = setInterval(() => {
    response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    response.write(jpeg);
    response.write('\r\n');
  }, 20);
  response.on('close', () => clearInterval(timer));
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`));
// The test ends by closing stdin, also when it is killed.
process.stdin.on('end', () => process.exit(0)).resume();
