import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';

// Runs in separate namespaces (network, mount, processes): pcscd with vpcd, which listens on every address in here, and files as
// its interface. FOLDER/run/pcscd.comm is pcscd's socket; FOLDER/slot-0 and FOLDER/slot-1 lead to the two slots of vpcd. Prints
// `ready` on standard output, and ends with its standard input.

const [folder = '', daemon = '', driver = ''] = process.argv.slice(2);
const firstPort = 35_963;
const hexPort = `0x${firstPort.toString(16)}`;

function must(program: string, ...args: string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
}

function prepareNetwork(): void {
  must('ip', 'link', 'set', 'lo', 'up');
  // vpcd writes length and body separately, so a delayed acknowledgement would cost 40 ms for each command.
  const loopback = 'local 127.0.0.1 dev lo table local proto kernel scope host src 127.0.0.1 quickack 1';
  spawnSync('ip', ['route', 'replace', ...loopback.split(' ')]);
}

function prepareFiles(): string {
  must('mount', '-t', 'tmpfs', 'tmpfs', '/run');
  mkdirSync('/run/pcscd');
  must('mount', '--bind', join(folder, 'run'), '/run/pcscd');
  // pcscd cannot read a path with a space; /run belongs to this namespace.
  const readers = '/run/readers';
  const library = '/run/libifdvpcd.so';
  // An earlier service may have left these.
  for (const name of ['slot-0', 'slot-1', 'run/pcscd.comm', 'run/pcscd.pid'])
    rmSync(join(folder, name), { force: true });
  mkdirSync(readers);
  symlinkSync(driver, library);
  const settings = {
    FRIENDLYNAME: '"Virtual PCD"',
    DEVICENAME: `/dev/null:${hexPort}`,
    LIBPATH: library,
    CHANNELID: hexPort,
  };
  writeFileSync(
    join(readers, 'vpcd'),
    Object.entries(settings)
      .map(([name, value]) => `${name} ${value}\n`)
      .join(''),
  );
  return readers;
}

function startDaemon(readers: string): void {
  const pcscd = spawn(daemon, ['--foreground', '--disable-polkit', '--config', readers], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  pcscd.on('error', (error) => {
    throw error;
  });
  pcscd.on('exit', (code) => {
    process.stderr.write(`pcscd ended with ${code}\n`);
    process.exit(1);
  });
}

/** Returns whether a port is open in here. A connection would count as a card. */
const listens = (port: number): boolean =>
  new RegExp(`:${port.toString(16).toUpperCase()} 0+:0000 0A`).test(readFileSync('/proc/net/tcp', 'utf8'));

async function untilListening(port: number): Promise<void> {
  while (!listens(port)) await new Promise((resolve) => setTimeout(resolve, 10));
}

async function leadTo(slot: number): Promise<void> {
  const server = createServer((outside) => {
    const inside = connect(firstPort + slot, '127.0.0.1');
    const both: Socket[] = [inside, outside];
    const close = (): void => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) socket.setNoDelay(true).on('error', close).on('close', close);
    inside.pipe(outside).pipe(inside);
  });
  server.listen(join(folder, `slot-${slot}`));
  await once(server, 'listening');
}

prepareNetwork();
startDaemon(prepareFiles());
for (const slot of [0, 1]) {
  await untilListening(firstPort + slot);
  await leadTo(slot);
}
process.stdout.write('ready\n');
process.stdin.on('end', () => process.exit(0)).resume();
