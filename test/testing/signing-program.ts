import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

// The published library for Credential Management is not on npm; its SignalR client is. This program uses it as that library does.

const client = fileURLToPath(import.meta.resolve('signalr-no-jquery'));

/** The page's program: finds the agent as the published library does, connects and calls the hub. */
const script = `
import { hubConnection } from 'signalr-no-jquery';
const locate = (ports) => Promise.any(ports.map((port) =>
  fetch('http://localhost:' + port + '/PRS/GetPortNumber', { method: 'GET', cache: 'no-cache', credentials: 'include' })
    .then((response) => response.json())));
globalThis.signDocuments = async (ports, request, method = 'requestToSign') => {
  const { portData, faultException } = await locate(ports);
  if (faultException) throw new TypeError(faultException.code + ': ' + faultException.message);
  const connection = hubConnection('http://localhost:' + portData.portNumber, { logging: true });
  const hub = connection.createHubProxy('signingHub');
  globalThis.connection = connection;
  globalThis.hub = hub;
  await new Promise((resolve, reject) => connection.start({ transport: 'longPolling' }, resolve).fail(reject));
  return hub.invoke(method, request);
};
`;

const modules = new Map([
  ['page', 'page'],
  ['signalr-no-jquery', client],
]);

/** Returns the program of a page, for a classic script: its `signDocuments(ports, request, method)` calls the hub. */
export async function signingProgram(): Promise<string> {
  const plugin = {
    name: 'page',
    resolveId: (id: string) => modules.get(id) ?? null,
    load: (id: string) => (id === 'page' ? script : null),
  };
  const bundle = await rolldown({
    input: 'page',
    platform: 'browser',
    logLevel: 'silent',
    plugins: [plugin],
  });
  return (await bundle.generate({ format: 'iife' })).output[0].code;
}
