import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresPrograms } from '../../../test/testing/postgres.ts';
import { giveTo, serviceFolder, serviceUser } from '../../../test/testing/service-user.ts';
import { hostOf, makeNetwork, nodeNames, proxyHost } from './network.ts';
import { deployed, Node } from './node.ts';

/** A member as Patroni reports it. */
interface Member {
  name: string;
  role: string;
  state: string;
}

/** Milliseconds to start a cluster, and for a server to come back. */
const healthTimeout = 120_000;
/** Milliseconds after which a server that is still starting is copied again. */
const copyAfter = 45_000;
const database = 'alongside';

/** Three servers with PostgreSQL, Patroni and etcd, and HAProxy in front, with the files of deploy/patroni/. */
export class Cluster {
  readonly #folder: string;
  readonly #authority: string;
  readonly #password: string;
  readonly #nodes: readonly Node[];
  /** Servers that did not come back by themselves. */
  readonly copied: string[] = [];
  #haproxy: ChildProcess | undefined;

  private constructor() {
    const user = serviceUser('postgres');
    this.#folder = serviceFolder('alongside-cluster-', user);
    chmodSync(this.#folder, 0o755);
    this.#authority = join(this.#folder, 'authority.pem');
    const secret = () => randomBytes(24).toString('hex');
    this.#password = secret();
    const passwords = {
      REST_PASSWORD: secret(),
      REPLICATION_PASSWORD: secret(),
      REWIND_PASSWORD: secret(),
      DATABASE_PASSWORD: this.#password,
    };
    const options = { folder: this.#folder, user, bin: postgresPrograms(), passwords };
    this.#nodes = nodeNames.map((name) => new Node(name, options));
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster();
    try {
      makeNetwork(cluster.#folder);
      cluster.#makeCertificates();
      for (const node of cluster.#nodes) node.start();
      await cluster.whole();
      cluster.#startProxy();
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** Address of the database for `--database`: all servers, or the proxy. */
  address(by: 'hosts' | 'proxy'): string {
    const hosts = by === 'proxy' ? proxyHost : nodeNames.map(hostOf).join(',');
    return `postgres://alongside:${this.#password}@${hosts}/${database}?sslmode=verify-full&sslrootcert=${this.#authority}`;
  }

  /** Address of one server. */
  addressOf(node: Node): string {
    return this.address('proxy').replace(proxyHost, hostOf(node.name));
  }

  get nodes(): readonly Node[] {
    return this.#nodes;
  }

  /** The server that is the primary, as the others say; undefined without one. */
  async leader(): Promise<Node | undefined> {
    const member = (await this.members()).find(({ role }) => role === 'leader');
    return this.#nodes.find(({ name }) => name === member?.name);
  }

  /** The members as most servers see them: one that is cut off still names itself. */
  async members(): Promise<readonly Member[]> {
    const answers = await Promise.all(this.#nodes.map((node) => this.#ask(node).catch(() => [])));
    const leaderOf = (members: Member[]) => members.find(({ role }) => role === 'leader')?.name;
    const votes = (members: Member[]) =>
      answers.filter((other) => leaderOf(other) === leaderOf(members)).length;
    const named = answers.filter((members) => leaderOf(members) !== undefined);
    return named.sort((one, other) => votes(other) - votes(one))[0] ?? [];
  }

  /** Waits until every server runs and one of them is synchronous. Returns the primary. */
  async whole(wait = (milliseconds: number) => sleep(milliseconds)): Promise<Node> {
    let members: readonly Member[] = [];
    let copyAt = performance.now() + copyAfter;
    for (const end = performance.now() + healthTimeout; performance.now() < end; await wait(100)) {
      members = await this.members();
      const isWhole =
        members.filter(({ state }) => state === 'running' || state === 'streaming').length ===
          nodeNames.length && members.some(({ role }) => role === 'sync_standby');
      const leader = isWhole ? await this.leader() : undefined;
      if (leader) return leader;
      if (this.#nodes.some(({ hasEnded }) => hasEnded)) break;
      if (performance.now() < copyAt) continue;
      copyAt += copyAfter;
      await this.#copyAgain(members);
    }
    const said = this.#nodes.map((node) => `${node.name}: ${node.said}`).join('\n');
    throw new Error(`The cluster is not whole: ${JSON.stringify(members)}\n${said}`);
  }

  /** Copies a server that does not come back, as the runbook says. */
  async #copyAgain(members: readonly Member[]): Promise<void> {
    const leader = await this.leader();
    const stuck = members.filter(({ state }) => state === 'starting' || state === 'start failed');
    for (const { name } of stuck) {
      this.copied.push(name);
      await leader?.control('reinit', 'alongside', name, '--force');
    }
  }

  async stop(): Promise<void> {
    this.#haproxy?.kill('SIGKILL');
    await Promise.all(this.#nodes.map((node) => node.kill()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask(node: Node): Promise<Member[]> {
    const request = get(`https://${hostOf(node.name)}:8008/cluster`, {
      ca: readFileSync(this.#authority),
      signal: AbortSignal.timeout(1_000),
      agent: false,
    });
    const [response] = await once(request, 'response');
    let text = '';
    for await (const part of response) text += part;
    return (JSON.parse(text) as { members: Member[] }).members;
  }

  /** An authority, and a certificate for each server that also has the name of the proxy. */
  #makeCertificates(): void {
    const openssl = (words: string) =>
      void execFileSync('openssl', words.split(' '), { cwd: this.#folder, stdio: 'pipe' });
    const key = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
    openssl(`req -x509 ${key} -days 2 -subj /CN=cluster -keyout authority.key -out authority.pem`);
    for (const node of this.#nodes) {
      const { name } = node;
      openssl(`req ${key} -subj /CN=${name} -keyout ${name}.key -out ${name}.csr`);
      writeFileSync(
        join(this.#folder, 'names'),
        `subjectAltName=DNS:${hostOf(name)},DNS:${proxyHost},DNS:localhost,IP:127.0.0.1\n`,
      );
      openssl(
        `x509 -req -in ${name}.csr -CA authority.pem -CAkey authority.key -days 2 -extfile names -out ${name}.pem`,
      );
      const [certificate, keyFile] = [join(this.#folder, `${name}.pem`), join(this.#folder, `${name}.key`)];
      node.installCertificate({ authority: this.#authority, certificate, key: keyFile });
    }
    chmodSync(this.#authority, 0o644);
    giveTo(serviceUser('postgres'), this.#authority);
  }

  #startProxy(): void {
    const names = Object.fromEntries(nodeNames.map((name, n) => [`DATABASE_${n + 1}`, hostOf(name)]));
    this.#haproxy = spawn('haproxy', ['-f', join(deployed, 'haproxy.cfg')], {
      env: {
        ...process.env,
        ...names,
        DATABASE_LISTEN: '127.0.0.1:5432',
        DATABASE_AUTHORITY: this.#authority,
      },
      stdio: 'ignore',
      detached: true,
    });
  }
}
