// A bare proxy on Node's HTTP server and client, which pipes every call to one upstream. Prints its address on standard output.
import { Agent, request as call, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const upstream = new URL(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  const { method, url: path, headers } = request;
  const sent = call(
    { agent, host: upstream.hostname, port: upstream.port, method, path, headers },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  sent.on('error', () => response.destroy());
  request.pipe(sent);
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
