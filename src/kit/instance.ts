import { OperatorError } from '@alongside/kernel/operator';
import { Browser } from './browser.ts';
import { InstanceClock } from './clock.ts';
import { allPages, ConsoleApi, RefusedCall } from './console-api.ts';
import { insertCard, roleIdAtDesk, signInAtDesk } from './desk.ts';
import { type InstanceState, readVariables } from './environment.ts';
import { firstEvent } from './events.ts';
import { noSuch } from './known.ts';
import { type ReportStart, reportOf, startReport } from './report.ts';
import { signInOnPages } from './sign-in-pages.ts';
import { SigningRequests } from './signing.ts';
import { TokenRequests } from './tokens.ts';
import type {
  AgentState,
  Alongside,
  AlongsideEvent,
  CallbackClient,
  DeskOptions,
  Document,
  NewApplication,
  NewPerson,
  PageLike,
  Person,
  PlainBrowser,
  Refusal,
  Registration,
  SignedDocuments,
  SigningClient,
  SignOptions,
  Timings,
  TokenResponse,
  Urls,
} from './types.ts';

interface Role {
  roleCode: string;
  roleName: string;
}

/** The seeded practice, to which a role belongs by default. */
const practice = 'A9A5A';

/** Returns the job role of a code or name: `S8000:G8000:R8001` is R8001, `"Clinical":"Clinical Provision":"Nurse Access Role"` its last part. */
const jobCode = ({ roleCode }: Role): string => roleCode.split(':').at(-1) ?? '';
const jobName = ({ roleName }: Role): string => roleName.split(':').at(-1)?.replaceAll('"', '') ?? '';

/** Finds a role by its code or name among the roles that people of the directory have. */
async function findRole(api: ConsoleApi, wanted: string): Promise<Role> {
  const known = new Map<string, Role>();
  const pages = await allPages((after) => api.must('GET', '/people', { query: { after } }));
  for (const { roles } of pages.flatMap(({ people }) => people))
    for (const role of roles) known.set(jobCode(role), role);
  const same = (text: string) => text.toLowerCase() === wanted.toLowerCase();
  const found = [...known.values()].find((role) => same(jobCode(role)) || same(jobName(role)));
  if (found) return { roleCode: found.roleCode, roleName: found.roleName };
  const list = [...known.values()].map((role) => `${jobCode(role)} (${jobName(role)})`);
  throw new OperatorError(
    `No one has the role ${wanted}. Use one of ${list.join(', ')}, or "roles" with code and name.`,
  );
}

async function addPerson(api: ConsoleApi, person: NewPerson): Promise<Person> {
  const { role, orgCode = practice, card = true, ...members } = person;
  const roles =
    role === undefined
      ? {}
      : { roles: [...(members.roles ?? []), { ...(await findRole(api, role)), orgCode }] };
  const added = await api.must('POST', '/people', { body: { ...members, ...roles } });
  if (card) await api.must('POST', '/cards', { body: { person: added.uid } });
  return added;
}

/** Milliseconds for which `waitFor` waits by default. */
const waitTimeout = 10_000;

/** How a started instance differs from an attached one. */
interface Owner {
  readonly log: readonly string[];
  /** When `start()` was called, by `performance.now()`. */
  readonly began?: number;
  /** Resolves with the reason when it has ended. */
  readonly ended?: Promise<string>;
  stop(): Promise<void>;
}

/** An instance behind the console API. */
class RunningInstance implements Alongside {
  readonly urls: Urls;
  readonly log: readonly string[];
  readonly clock: InstanceClock;
  timings: Timings = { ready: null, signedIn: null };
  readonly #api: ConsoleApi;
  readonly #owner: Owner;
  readonly #tokens: TokenRequests;
  readonly #signing: SigningRequests;
  #reportStart: ReportStart | undefined;

  constructor(api: ConsoleApi, { urls, clock }: InstanceState, owner: Owner) {
    this.urls = urls;
    this.log = owner.log;
    this.#api = api;
    this.#owner = owner;
    this.clock = new InstanceClock(api, clock);
    this.#tokens = new TokenRequests(api, urls.api, this.clock);
    this.#signing = new SigningRequests(api, urls.api, this.clock);
    this.#passed('ready');
  }

  /** Notes the time when this happens first. */
  #passed(step: keyof Timings): void {
    const { began } = this.#owner;
    if (began !== undefined && this.timings[step] === null)
      this.timings = { ...this.timings, [step]: performance.now() - began };
  }

  readonly card = {
    insert: async (who: string): Promise<void> => void (await insertCard(this.#api, who)),
    remove: async (): Promise<void> => void (await this.#api.must('DELETE', '/readers/0/card')),
  };

  readonly people = {
    add: (person: NewPerson): Promise<Person> => addPerson(this.#api, person),
    remove: async (uid: string): Promise<void> =>
      void (await this.#api.mustFind(noSuch('person', uid), 'DELETE', '/people/{uid}', { path: { uid } })),
  };

  readonly faults = {
    on: async (name: string, options: object = {}): Promise<void> =>
      void (await this.#api.mustFind(noSuch('fault', name), 'PUT', '/faults/{name}', {
        path: { name },
        body: options,
      })),
    off: async (name: string): Promise<void> =>
      void (await this.#api.mustFind(noSuch('fault', name), 'DELETE', '/faults/{name}', { path: { name } })),
  };

  async desk(who: string, options: DeskOptions = {}): Promise<AgentState> {
    // A user who is signed in is not asked for a PIN.
    if (options.pin !== undefined) await this.card.remove();
    await insertCard(this.#api, who);
    const { state } = await signInAtDesk(this.#api, options);
    this.#passed('signedIn');
    return state;
  }

  async application(options: NewApplication): Promise<Registration> {
    const {
      id,
      platform = null,
      cis2 = null,
    } = await this.#api.must('POST', '/applications', {
      body: options,
    });
    return { id, platform, cis2 };
  }

  tokens(person: string, application = 'demo-combined'): Promise<TokenResponse> {
    return this.#api.mustFind(noSuch('person', person), 'POST', '/tokens', { body: { person, application } });
  }

  sign(person: string, documents: readonly Document[], options?: SignOptions): Promise<SignedDocuments> {
    return this.#signing.sign(person, documents, options);
  }

  applicationTokens(client?: SigningClient): Promise<TokenResponse> {
    return this.#tokens.ofApplication(client);
  }

  citizenTokens(nhsNumber: string, client?: CallbackClient): Promise<TokenResponse> {
    return this.#tokens.ofCitizen(nhsNumber, client);
  }

  browser(): PlainBrowser {
    const browser = new Browser([]);
    let shown: URL | undefined;
    return {
      async goto(url, { method = 'GET', body = '', crossSite = false } = {}) {
        const before = browser.addresses.length;
        const from = crossSite ? undefined : shown;
        const landing = await (method === 'POST'
          ? browser.post(url, new URLSearchParams(body), from)
          : browser.go(url, from));
        if (landing.kind !== 'page') throw new OperatorError(`${url} led to no page.`);
        shown = landing.url;
        const { status, body: text } = landing;
        return { status, url: landing.url.href, text, hops: browser.addresses.slice(before) };
      },
    };
  }

  async signIn(page: PageLike, url: string, { pin, role }: DeskOptions = {}): Promise<void> {
    const roleId = async () => (role === undefined ? undefined : roleIdAtDesk(this.#api, role));
    await signInOnPages(page, url, this.urls, { pin, roleId });
    this.#passed('signedIn');
  }

  waitFor(
    event: string | ((event: AlongsideEvent) => boolean),
    { timeout = waitTimeout }: { timeout?: number } = {},
  ): Promise<AlongsideEvent> {
    return firstEvent(this.#api, event, { since: this.clock.now(), timeout });
  }

  explain(id: string): Promise<Refusal> {
    return this.#api.must('GET', '/refusals/{id}', { path: { id } });
  }

  report(): Promise<string> {
    return reportOf(this.#api, this, this.#reportStart);
  }

  async beginReport(): Promise<void> {
    this.#reportStart = await startReport(this.#api, this.log, this.#reportStart);
  }

  async call<T>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<T> {
    const answer = await this.#api.call<T>(method, path, body);
    if (answer.status >= 300) throw new RefusedCall(answer);
    return answer.body;
  }

  async tidy(): Promise<void> {
    await this.#api.must('POST', '/tidy');
    await Promise.all([this.clock.read(), this.beginReport()]);
  }

  async reset(): Promise<void> {
    await this.#api.must('POST', '/reset');
    this.#tokens.forget();
    this.#signing.forget();
    await this.clock.read();
  }

  env(): Promise<Record<string, string>> {
    return readVariables(this.#api);
  }

  stop(): Promise<void> {
    return this.#owner.stop();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}

/** Opens the instance whose console has this address. @throws OperatorError if none responds */
export async function openInstance(consoleUrl: string, owner: Owner): Promise<Alongside> {
  const { ended } = owner;
  const api = new ConsoleApi(consoleUrl.replace(/\/$/, ''), ended === undefined ? {} : { ended });
  const missing = `${consoleUrl} is not the console of an instance. Use ALONGSIDE_CONSOLE_URL of "alongside status --env".`;
  return new RunningInstance(api, await api.mustFind(missing, 'GET', '/state'), owner);
}
